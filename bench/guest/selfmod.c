// Code that changes: a function is patched, fenced and called, as by a just-in-time compiler. It shares its
// page with a function that stays, and is called as often.
#include <sys/mman.h>

#include "bench.h"

enum { kPatches = 60000, kPageBytes = 4096, kStays = 512 };  // kStays: in words, half a page away

static uint32_t li_a0(uint32_t value) { return value << 20 | 10 << 7 | 0x13; }  // addi a0, x0, value
static const uint32_t kReturn = 0x00008067;                                     // jalr x0, 0(ra)

uint64_t run_selfmod(void) {
  volatile uint32_t* code =
      mmap(NULL, kPageBytes, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (code == MAP_FAILED) die("mmap");
  code[1] = kReturn;
  code[kStays] = li_a0(1);
  code[kStays + 1] = kReturn;
  uint64_t (*patched)(void) = (uint64_t(*)(void))code;
  uint64_t (*stays)(void) = (uint64_t(*)(void))(code + kStays);
  uint64_t sum = 0;
  for (uint32_t i = 0; i < kPatches; ++i) {
    code[0] = li_a0(i % 2000);
    // Not __builtin___clear_cache(), whose system call would be most of the time. One hart: this is enough.
    __asm__ volatile("fence.i" ::: "memory");
    sum = mix(sum, patched() + stays());
  }
  return sum;
}
