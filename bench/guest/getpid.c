// The shortest system call, a million times.
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

enum { kCalls = 1000000 };

uint64_t run_getpid(void) {
  long first = syscall(SYS_getpid);
  uint64_t same = 0;
  for (int i = 0; i < kCalls; ++i) same += syscall(SYS_getpid) == first;
  return same;
}
