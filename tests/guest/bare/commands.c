// Ticks ten times a second, and does what is typed: a guest for tests of the recorder.
#include "disk.h"

static volatile uint64_t* const mtimecmp = (uint64_t*)0x2004000;
static volatile uint64_t* const mtime = (uint64_t*)0x200bff8;
static volatile uint8_t* const uart = (uint8_t*)0x10000000;
static volatile uint32_t* const plic = (uint32_t*)0xc000000;
static volatile uint32_t* const watchdog = (uint32_t*)0x102000;
static volatile uint32_t* const finisher = (uint32_t*)0x100000;
enum { kTick = 1000000, kReset = 0x7777, kReceived = 1, kDataReady = 1, kTimerOrExternal = 1 << 7 | 1 << 11 };
enum { kWatchdogMode = 0x18 / 4 };
enum { kUartSource = 10, kClaim = 0x200004 / 4, kEnable = 0x2000 / 4 };

// A handler that traps on its own first instruction.
__attribute__((naked, aligned(4))) static void loop_of_traps(void) { __asm__ volatile("ebreak"); }

// Every page of the first 256 MiB but the program's own; what is written differs each time.
static void fill_memory(void) {
  static uint64_t round;
  ++round;
  for (uint64_t page = 0x80100000; page < 0x90000000; page += 4096) *(volatile uint64_t*)page = round ^ page;
  print("filled\n");
}

// 32 KiB to the disk, flushed, and read back.
static void use_disk(void) {
  static uint64_t data[4096], round;
  enum { kWords = sizeof data / sizeof *data };
  ++round;
  for (uint64_t i = 0; i < kWords; ++i) data[i] = round << 32 ^ i * 0x9e3779b97f4a7c15;
  int failed = disk_request(kDiskOut, round % 8 * 64, data, sizeof data);
  if (failed == 0) failed = disk_request(kDiskFlush, 0, 0, 0);
  for (uint64_t i = 0; i < kWords; ++i) data[i] = 0;
  if (failed == 0) failed = disk_request(kDiskIn, round % 8 * 64, data, sizeof data);
  for (uint64_t i = 0; failed == 0 && i < kWords; ++i) failed = data[i] != (round << 32 ^ i * 0x9e3779b97f4a7c15) ? 254 : 0;
  print_line(failed == 0 ? "disk works" : "disk error", (uint64_t)failed);
}

static int g_quiet;  // does not tick

// With an interrupt pending and enabled, and mstatus.MIE off as ever.
__attribute__((noreturn)) static void hang(void) {
  *mtimecmp = 0;
  print_line("hangs at", *mtime);
  for (;;) __asm__ volatile("");
}

static void obey(char command, int* busy) {
  switch (command) {
    case 'f': finish(7);
    case 'p': finish(0);
    case 'r': *finisher = kReset; break;
    case 'R':
      print("reboot: Restarting system\n");
      *finisher = kReset;
      break;
    case 't':
      WRITE_CSR(mtvec, loop_of_traps);
      __asm__ volatile("ebreak");
      break;
    case 'W': print("reboot: Restarting system\n"); break;
    case 'w': watchdog[kWatchdogMode] = 1 << 4 | 1; break;  // a second, from now on
    case 'h': hang();
    case 'z':
      WRITE_CSR(mie, 0);
      for (;;) __asm__ volatile("wfi");
    case 'k': print("Kernel panic - not syncing: typed\n"); break;
    case 'K':
      g_quiet = 1;
      print("Kernel panic - not syncing: a line without an end");
      break;
    case 'q': g_quiet = !g_quiet; break;
    case 'o': print("Oops [#1]\n"); break;
    case 'm': fill_memory(); break;
    case 'd': use_disk(); break;
    case 'b': *busy = !*busy; break;
    default:
      print("heard ");
      put(command);
      put('\n');
  }
}

int main(void) {
  uint64_t next = *mtime;
  int busy = 0;
  print("commands: ready\n");
  plic[kUartSource] = 1;
  plic[kEnable] = 1 << kUartSource;
  uart[1] = kReceived;
  WRITE_CSR(mie, kTimerOrExternal);  // wakes WFI; mstatus.MIE stays off, so nothing is taken
  for (uint64_t tick = 0;; ++tick) {
    next += kTick;
    while (*mtime < next) {
      uint32_t source = plic[kClaim];
      while (uart[5] & kDataReady) obey((char)uart[0], &busy);
      if (source != 0) plic[kClaim] = source;
      *mtimecmp = *mtime + kTick / 10;
      if (!busy) __asm__ volatile("wfi");
    }
    if (!g_quiet) print_line("tick", tick);
  }
}
