// New processes that run another program, one after the other.
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

enum { kProcesses = 300 };

uint64_t run_exec(void) {
  uint64_t sum = 0;
  for (int i = 0; i < kProcesses; ++i) {
    pid_t child = fork();
    if (child < 0) die("fork");
    if (child == 0) {
      execl("/bin/busybox", i % 3 == 0 ? "false" : "true", (char*)NULL);
      _exit(127);
    }
    int status;
    if (waitpid(child, &status, 0) != child) die("waitpid");
    sum = mix(sum, (uint64_t)status);
  }
  return sum;
}
