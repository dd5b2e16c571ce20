// A tiny preemptive kernel for M-mode: tasks of equal priority that take turns, a millisecond each, and may wait for
// each other by mutexes and queues. Integer registers only: FS stays off.
#pragma once
#include "../bare/bare.h"

enum { kTicksPerSlice = 10000, kWordsPerQueue = 8 };

// Tasks. task_create() before kernel_start(), which does not return.
void task_create(const char* name, void (*body)(void));
void kernel_start(void) __attribute__((noreturn));
const char* task_name(void);
uint64_t kernel_slices(void);  // so far
void yield(void);

// Interrupts off, and back to what they were.
static inline uint64_t interrupts_off(void) {
  uint64_t was;
  __asm__ volatile("csrrci %0, mstatus, 8" : "=r"(was) : : "memory");
  return was & 8;
}
static inline void interrupts_restore(uint64_t was) { SET_CSR(mstatus, was); }

typedef struct { volatile int taken; } mutex;
void mutex_lock(mutex* m);
void mutex_unlock(mutex* m);

// One sender, one receiver.
typedef struct {
  mutex lock;
  volatile uint64_t count, sent, received;
  uint64_t words[kWordsPerQueue];
} queue;
void queue_send(queue* q, uint64_t word);
uint64_t queue_receive(queue* q);

// Waits for a byte from the UART, whose interrupt the kernel takes.
char console_wait(void);

// Says so on the console and stops the machine at an ebreak.
void assert_failed(const char* what) __attribute__((noreturn));
#define AS_TEXT(x) #x
#define LINE_OF(line) AS_TEXT(line)
#define ASSERT(x) ((x) ? (void)0 : assert_failed(__FILE_NAME__ ":" LINE_OF(__LINE__) ": " #x))
