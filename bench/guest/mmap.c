// Fresh memory again and again: maps 4 MiB, touches each page, and gives it back.
#include <sys/mman.h>

#include "bench.h"

enum { kBytes = 4 << 20, kPageBytes = 4096, kRounds = 15 };

uint64_t run_mmap(void) {
  uint64_t sum = 0;
  for (int round = 0; round < kRounds; ++round) {
    uint8_t* memory = mmap(NULL, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) die("mmap");
    for (int at = 0; at < kBytes; at += kPageBytes)
      memory[at] = (uint8_t)(memory[at + 8] + round + at / kPageBytes);
    for (int at = 0; at < kBytes; at += kPageBytes) sum += memory[at];
    if (munmap(memory, kBytes) != 0) die("munmap");
  }
  return sum;
}
