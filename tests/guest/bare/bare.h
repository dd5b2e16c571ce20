// What a bare guest has: printing, and an end. With SBI defined it runs in S-mode and asks the SBI; without, it runs
// in M-mode and drives the UART and the test finisher itself.
#pragma once
#include <stdint.h>

static inline void put(char c) {
#ifdef SBI
  register long a0 __asm__("a0") = c;
  register long a7 __asm__("a7") = 1;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a7) : "memory");
#else
  *(volatile uint8_t*)0x10000000 = (uint8_t)c;
#endif
}
static inline void print(const char* s) {
  for (; *s; ++s) put(*s);
}
static inline void print_hex(uint64_t v) {
  for (int shift = 60; shift >= 0; shift -= 4) put("0123456789abcdef"[v >> shift & 15]);
}
static inline void print_line(const char* name, uint64_t v) {
  print(name);
  put(' ');
  print_hex(v);
  put('\n');
}

__attribute__((noreturn, used)) static void finish_with(int status) {
#ifdef SBI
  (void)status;
  register long a7 __asm__("a7") = 8;
  __asm__ volatile("ecall" : : "r"(a7) : "memory");
#else
  *(volatile uint32_t*)0x100000 = status == 0 ? 0x5555 : (uint32_t)status << 16 | 0x3333;
#endif
  for (;;) __asm__ volatile("wfi");
}
// For start.S. Weak: a program of several files has it in each.
__attribute__((noreturn, weak)) void finish(int status) { finish_with(status); }

#define READ_CSR(name) ({ uint64_t v_; __asm__ volatile("csrr %0, " #name : "=r"(v_)); v_; })
#define WRITE_CSR(name, v) __asm__ volatile("csrw " #name ", %0" : : "r"((uint64_t)(v)) : "memory")
#define SET_CSR(name, v) __asm__ volatile("csrs " #name ", %0" : : "r"((uint64_t)(v)) : "memory")
#define CLEAR_CSR(name, v) __asm__ volatile("csrc " #name ", %0" : : "r"((uint64_t)(v)) : "memory")
