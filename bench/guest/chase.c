// A chain of pointers through 64 MiB in random order, each in a line of its own: what misses caches and TLBs.
#include <sys/mman.h>

#include "bench.h"

enum { kLineBytes = 64, kLines = 1 << 20, kSteps = 1500000 };

struct Line {
  uint32_t next;
  char rest[kLineBytes - 4];
};

uint64_t run_chase(void) {
  struct Line* lines =
      mmap(NULL, sizeof(struct Line) * kLines, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (lines == MAP_FAILED) die("mmap");
  for (uint32_t i = 0; i < kLines; ++i) lines[i].next = i;
  // Sattolo: one cycle through all.
  uint64_t random = 5;
  for (uint32_t i = kLines - 1; i > 0; --i) {
    uint32_t other = (uint32_t)(next_random(&random) >> 32) % i, saved = lines[i].next;
    lines[i].next = lines[other].next;
    lines[other].next = saved;
  }
  uint64_t sum = 0;
  uint32_t at = 0;
  for (int i = 0; i < kSteps; ++i) sum += at = lines[at].next;
  munmap(lines, sizeof(struct Line) * kLines);
  return mix(sum, at);
}
