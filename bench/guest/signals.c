// Signals that a process sends itself.
#include <signal.h>
#include <unistd.h>

#include "bench.h"

enum { kSignals = 5000 };

static volatile uint64_t seen;

static void handle(int number) { seen += (uint64_t)number; }

uint64_t run_signals(void) {
  struct sigaction action = {.sa_handler = handle};
  if (sigaction(SIGUSR1, &action, NULL) != 0) die("sigaction");
  pid_t self = getpid();
  for (int i = 0; i < kSignals; ++i) {
    if (kill(self, SIGUSR1) != 0) die("kill");
  }
  return seen;
}
