// Random updates all over 32 MiB.
#include <sys/mman.h>

#include "bench.h"

enum { kWords = 1 << 22, kUpdates = 4000000 };

uint64_t run_update(void) {
  uint64_t* words =
      mmap(NULL, sizeof(uint64_t) * kWords, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (words == MAP_FAILED) die("mmap");
  uint64_t random = 6;
  for (int i = 0; i < kUpdates; ++i) {
    uint64_t value = next_random(&random);
    words[value >> 42] ^= value;
  }
  uint64_t sum = 0;
  for (int i = 0; i < kWords; ++i) sum += words[i] * (uint64_t)(2 * i + 1);
  munmap(words, sizeof(uint64_t) * kWords);
  return sum;
}
