// Floating point as it comes: quotients, roots, comparisons, conversions between double, float and integers.
#include <math.h>

#include "bench.h"

enum { kRounds = 4000000 };

uint64_t run_fp(void) {
  uint64_t random = 4, sum = 0;
  double kept = 1;
  float small = 1;
  for (int i = 0; i < kRounds; ++i) {
    double x = (double)(int64_t)next_random(&random) * 0x1p-40;
    double root = sqrt(fabs(x) + 1);
    kept = kept < root ? kept + x / root : kept / 2 - root;
    small = (float)kept * 0.5f + small / 3;
    sum += (uint64_t)(int64_t)root + (uint64_t)(int64_t)(int32_t)small;
    if (kept > 1e6 || kept < -1e6) kept = copysign(1, kept);
  }
  return mix_double(mix_double(sum, kept), small);
}
