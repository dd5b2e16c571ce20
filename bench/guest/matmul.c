// The product of two matrices of doubles, as one writes it first.
#include "bench.h"

enum { kSide = 240, kRounds = 3 };

uint64_t run_matmul(void) {
  static double a[kSide][kSide], b[kSide][kSide];
  uint64_t random = 3;
  for (int i = 0; i < kSide; ++i) {
    for (int j = 0; j < kSide; ++j) {
      a[i][j] = (double)(next_random(&random) >> 11) * 0x1p-53;
      b[i][j] = (double)(next_random(&random) >> 11) * 0x1p-53;
    }
  }
  uint64_t sum = 0;
  for (int round = 0; round < kRounds; ++round) {
    for (int i = 0; i < kSide; ++i) {
      for (int j = 0; j < kSide; ++j) {
        double product = 0;
        for (int k = 0; k < kSide; ++k) product += a[i][k] * b[k][j];
        sum = mix_double(sum, product);
      }
    }
    a[round][round] += 1;
  }
  return sum;
}
