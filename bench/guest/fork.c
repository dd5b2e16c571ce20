// New processes that write to some of their parent's pages and end.
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

enum { kProcesses = 1200, kPageBytes = 4096, kPages = 4 };

uint64_t run_fork(void) {
  static volatile uint8_t pages[kPages * kPageBytes];
  for (int i = 0; i < kPages; ++i) pages[i * kPageBytes] = (uint8_t)i;
  uint64_t sum = 0;
  for (int i = 0; i < kProcesses; ++i) {
    pid_t child = fork();
    if (child < 0) die("fork");
    if (child == 0) {
      uint8_t code = 0;
      for (int page = i % 2; page < kPages; page += 2)
        code = (uint8_t)(code + (pages[page * kPageBytes] += (uint8_t)i));
      _exit(code & 0x7f);
    }
    int status;
    if (waitpid(child, &status, 0) != child) die("waitpid");
    sum = mix(sum, (uint64_t)status);
  }
  for (int i = 0; i < kPages; ++i) sum = mix(sum, pages[i * kPageBytes]);  // the parent's are as they were
  return sum;
}
