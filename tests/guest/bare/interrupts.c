// Waits in WFI for each machine interrupt in turn: software, timer, external (a byte at the UART, by the PLIC).
#include "bare.h"

static volatile uint32_t* const msip = (uint32_t*)0x2000000;
static volatile uint64_t* const mtimecmp = (uint64_t*)0x2004000;
static volatile uint64_t* const mtime = (uint64_t*)0x200bff8;
static volatile uint8_t* const uart = (uint8_t*)0x10000000;
static volatile uint32_t* const plic = (uint32_t*)0xc000000;
enum { kUartSource = 10, kClaim = 0x200004 / 4, kEnable = 0x2000 / 4, kReceived = 1 };

static volatile uint64_t cause;
__attribute__((interrupt("machine"), aligned(4))) static void on_trap(void) {
  cause = READ_CSR(mcause);
  if (cause == (1ull << 63 | 3)) *msip = 0;
  if (cause == (1ull << 63 | 7)) *mtimecmp = ~0ull;
  if (cause == (1ull << 63 | 11)) WRITE_CSR(mie, 0);  // claimed by main
}

static void wait_for(const char* name) {
  cause = 0;
  while (cause == 0) {
    // Interrupts off around WFI: it wakes for what is pending, and the trap comes when they are on again.
    CLEAR_CSR(mstatus, 8);
    if (cause == 0) __asm__ volatile("wfi");
    SET_CSR(mstatus, 8);
  }
  print_line(name, cause);
}

int main(void) {
  WRITE_CSR(mtvec, on_trap);
  WRITE_CSR(mie, 1 << 3 | 1 << 7);
  *msip = 1;
  wait_for("software");
  *mtimecmp = *mtime + 5000;
  wait_for("timer");
  plic[kUartSource] = 1;
  plic[kEnable] = 1 << kUartSource;
  uart[1] = kReceived;
  WRITE_CSR(mie, 1 << 11);
  wait_for("external");
  uint32_t source = plic[kClaim];
  print_line("byte", uart[0]);
  plic[kClaim] = source;
  return source == kUartSource ? 0 : 1;
}
