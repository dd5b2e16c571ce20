// The C library's sort, with a comparison through a pointer.
#include <stdlib.h>

#include "bench.h"

enum { kNumbers = 800000 };

static int compare(const void* a, const void* b) {
  uint32_t x = *(const uint32_t*)a, y = *(const uint32_t*)b;
  return (x > y) - (x < y);
}

uint64_t run_qsort(void) {
  static uint32_t numbers[kNumbers];
  uint64_t random = 2, sum = 0;
  for (int i = 0; i < kNumbers; ++i) numbers[i] = (uint32_t)(next_random(&random) >> 32);
  qsort(numbers, kNumbers, sizeof numbers[0], compare);
  for (int i = 0; i < kNumbers; ++i) sum = mix(sum, numbers[i]);
  return sum;
}
