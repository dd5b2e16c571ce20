// Atomic additions, swaps and compare-and-swaps that nobody else contends for.
#include "bench.h"

enum { kRounds = 20000000 };

uint64_t run_atomics(void) {
  static uint64_t sum, last;
  static uint32_t flags;
  for (uint64_t i = 0; i < kRounds; ++i) {
    __atomic_fetch_add(&sum, i, __ATOMIC_SEQ_CST);
    __atomic_fetch_xor(&flags, (uint32_t)i, __ATOMIC_RELAXED);
    uint64_t before = __atomic_exchange_n(&last, i, __ATOMIC_ACQ_REL);
    __atomic_compare_exchange_n(&last, &i, before + i, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
  }
  return mix(mix(sum, last), flags);
}
