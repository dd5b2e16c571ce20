// Loads and stores that all hit: random exchanges and running sums in 64 KiB.
#include "bench.h"

enum { kWords = 1 << 13, kRounds = 10000 };

uint64_t run_memory(void) {
  static uint64_t words[kWords];
  for (uint64_t i = 0; i < kWords; ++i) words[i] = i * i;
  uint64_t at = 1;
  for (int round = 0; round < kRounds; ++round) {
    for (uint64_t i = 0; i < kWords; ++i) {
      at = (at * 5 + words[i]) % kWords;
      uint64_t other = words[at];
      words[at] = words[i] + 1;
      words[i] = other;
    }
  }
  uint64_t sum = 0;
  for (int i = 0; i < kWords; ++i) sum = mix(sum, words[i]);
  return sum;
}
