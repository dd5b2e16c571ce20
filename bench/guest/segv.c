// Page faults that the process handles itself, as garbage collectors do: a store to a protected page, whose
// handler opens the page.
#include <signal.h>
#include <sys/mman.h>

#include "bench.h"

enum { kPageBytes = 4096, kFaults = 2000 };

static uint8_t* page;
static volatile uint64_t faults;

static void handle(int number, siginfo_t* info, void* context) {
  (void)number, (void)context;
  if (info->si_addr != page + 8) die("a fault elsewhere");
  ++faults;
  if (mprotect(page, kPageBytes, PROT_READ | PROT_WRITE) != 0) die("mprotect");
}

uint64_t run_segv(void) {
  page = mmap(NULL, kPageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) die("mmap");
  struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
  if (sigaction(SIGSEGV, &action, NULL) != 0) die("sigaction");
  for (int i = 0; i < kFaults; ++i) {
    if (mprotect(page, kPageBytes, PROT_NONE) != 0) die("mprotect");
    ++((volatile uint8_t*)page)[8];
  }
  return mix(faults, page[8]);
}
