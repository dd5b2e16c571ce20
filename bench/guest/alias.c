// Copies word by word between pages that lie 8 MiB apart: where a TLB that takes its index from the low bits
// of the page number alone has one place for both.
#include <sys/mman.h>

#include "bench.h"

enum { kApartBytes = 8 << 20, kCopyBytes = 1 << 20, kRounds = 160 };

uint64_t run_alias(void) {
  uint64_t* from = mmap(NULL, 2 * kApartBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (from == MAP_FAILED) die("mmap");
  uint64_t* to = from + kApartBytes / sizeof *from;
  enum { kWords = kCopyBytes / sizeof(uint64_t) };
  for (int i = 0; i < kWords; ++i) from[i] = (uint64_t)i * 3;
  for (int round = 0; round < kRounds; ++round) {
    // Volatile: no memcpy(), which would copy in larger pieces.
    for (int i = 0; i < kWords; ++i)
      ((volatile uint64_t*)to)[i] = ((volatile uint64_t*)from)[i] + (uint64_t)round;
  }
  uint64_t sum = 0;
  for (int i = 0; i < kWords; ++i) sum = mix(sum, to[i]);
  munmap(from, 2 * kApartBytes);
  return sum;
}
