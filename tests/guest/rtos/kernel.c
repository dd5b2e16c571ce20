// Tasks, their turns, and what a trap leads to.
#include "kernel.h"

enum { kMostTasks = 4, kStackWords = 512, kSavedWords = 32, kPc = 0, kStatus = 2 /* x2 has no other place */ };
enum { kBreakpoint = 3, kMachineCall = 11, kTimer = 7, kExternal = 11, kFailureCode = 99 };
enum { kUartSource = 10, kClaim = 0x200004 / 4, kEnable = 0x2000 / 4, kReceived = 1, kDataReady = 1 };
enum { kMachineMode = 3 << 11, kInterruptsOnReturn = 1 << 7 };

static volatile uint64_t* const mtimecmp = (uint64_t*)0x2004000;
static volatile uint64_t* const mtime = (uint64_t*)0x200bff8;
static volatile uint8_t* const uart = (uint8_t*)0x10000000;
static volatile uint32_t* const plic = (uint32_t*)0xc000000;

static struct {
  const char* name;
  uint64_t* saved;  // on its stack: what trap.S left there
  uint64_t stack[kStackWords] __attribute__((aligned(16)));
} tasks[kMostTasks];
static unsigned task_count, current;
static volatile uint64_t slices;
static volatile int typed = -1;

void start_task(uint64_t* saved) __attribute__((noreturn));  // trap.S
extern char trap_entry[];

void task_create(const char* name, void (*body)(void)) {
  ASSERT(task_count < kMostTasks);
  unsigned n = task_count++;
  uint64_t* saved = tasks[n].stack + kStackWords - kSavedWords;
  saved[kPc] = (uint64_t)body;
  saved[kStatus] = kMachineMode | kInterruptsOnReturn;
  tasks[n].name = name;
  tasks[n].saved = saved;
}

const char* task_name(void) { return task_count == 0 ? "start" : tasks[current].name; }
uint64_t kernel_slices(void) { return slices; }
void yield(void) { __asm__ volatile("ecall" : : : "memory"); }

void kernel_start(void) {
  plic[kUartSource] = 1;
  plic[kEnable] = 1 << kUartSource;
  uart[1] = kReceived;
  *mtimecmp = *mtime + kTicksPerSlice;
  WRITE_CSR(mtvec, trap_entry);
  WRITE_CSR(mie, 1 << kTimer | 1 << kExternal);
  start_task(tasks[0].saved);
}

char console_wait(void) {
  while (typed < 0) yield();
  char byte = (char)typed;
  typed = -1;
  return byte;
}

static void take_byte(void) {
  uint32_t source = plic[kClaim];
  while (uart[5] & kDataReady) typed = uart[0];
  plic[kClaim] = source;
}

static void die(uint64_t cause, const uint64_t* saved) {
  print("\nrtos: stopped in task ");
  print(task_name());
  print_line("\n  cause", cause);
  print_line("  pc   ", saved[kPc]);
  print_line("  ra   ", saved[1]);
  print_line("  tval ", READ_CSR(mtval));
  print_line("  slice", slices);
  finish(kFailureCode);
}

// From trap.S: what a task was doing, saved on its stack. Returns whose turn it is.
uint64_t* on_trap(uint64_t cause, uint64_t* saved) {
  tasks[current].saved = saved;
  switch (cause) {
    case 1ull << 63 | kTimer:
      *mtimecmp = *mtime + kTicksPerSlice;
      ++slices;
      break;
    case 1ull << 63 | kExternal: take_byte(); return saved;
    case kMachineCall: saved[kPc] += 4; break;
    default: die(cause, saved);
  }
  current = (current + 1) % task_count;
  return tasks[current].saved;
}

void assert_failed(const char* what) {
  interrupts_off();
  print("\nASSERT ");
  print(what);
  put('\n');
  __asm__ volatile("ebreak");
  __builtin_unreachable();
}
