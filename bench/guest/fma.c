// Fused multiply-add: a polynomial by Horner's rule, eight arguments at a time.
#include "bench.h"

enum { kRounds = 700000, kLanes = 8, kDegree = 8 };

uint64_t run_fma(void) {
  static const double kFactors[kDegree] = {1, -0.5, 1. / 3, -0.25, 0.2, -1. / 6, 1. / 7, -0.125};
  double x[kLanes], total[kLanes] = {0};
  for (int lane = 0; lane < kLanes; ++lane) x[lane] = 0.01 * (lane + 1);
  for (int round = 0; round < kRounds; ++round) {
    for (int lane = 0; lane < kLanes; ++lane) {
      double value = 0;
      for (int i = kDegree - 1; i >= 0; --i) value = __builtin_fma(value, x[lane], kFactors[i]);
      total[lane] = __builtin_fma(value, x[lane], total[lane]);
      x[lane] = __builtin_fma(x[lane], 0.999999, 1e-7);
    }
  }
  uint64_t sum = 0;
  for (int lane = 0; lane < kLanes; ++lane) sum = mix_double(sum, total[lane]);
  return sum;
}
