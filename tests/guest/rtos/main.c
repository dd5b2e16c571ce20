// One task measures, one adds up what it is sent, one answers what is typed. Sooner or later an assertion fails:
// sync.c says why.
#include "kernel.h"

static queue measured;
static volatile uint64_t total;

static uint64_t next_random(uint64_t x) {
  x ^= x << 13;
  x ^= x >> 7;
  return x ^ x << 17;
}

static void measure(void) {
  for (uint64_t x = 88172645463325252;;) {
    for (int i = 0; i < 600; ++i) x = next_random(x);
    queue_send(&measured, x);
  }
}

static void add_up(void) {
  for (;;) {
    total += queue_receive(&measured);
    uint64_t was = interrupts_off();
    uint64_t waiting = measured.sent - measured.received;
    ASSERT(measured.count == waiting || measured.count == waiting - 1);  // it may be about to be counted
    interrupts_restore(was);
  }
}

static void answer(void) {
  print("rtos: ready\n");
  for (;;) {
    char byte = console_wait();
    mutex_lock(&measured.lock);
    uint64_t received = measured.received;
    mutex_unlock(&measured.lock);
    switch (byte) {
      case 's':
        print_line("received", received);
        print_line("slices", kernel_slices());
        break;
      case 'c': *(volatile int*)8 = 0; break;
      default: print("s: statistics, c: crash\n");
    }
  }
}

int main(void) {
  task_create("measure", measure);
  task_create("add_up", add_up);
  task_create("answer", answer);
  kernel_start();
}
