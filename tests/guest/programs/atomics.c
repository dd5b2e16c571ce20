// A: every AMO in both widths, LR/SC that succeed and that must fail.
#include "common.h"

static uint64_t cell[4] __attribute__((aligned(64)));

#define AMO(op)                                                                                     \
  do {                                                                                              \
    hash_begin();                                                                                   \
    for (size_t i = 0; i < COUNT(operands); ++i)                                                    \
      for (size_t j = 0; j < COUNT(operands); ++j) {                                                \
        uint64_t old;                                                                               \
        cell[0] = operands[i];                                                                      \
        __asm__ volatile(op " %0, %2, (%1)" : "=r"(old) : "r"(cell), "r"(operands[j]) : "memory");   \
        hash_add(old);                                                                              \
        hash_add(cell[0]);                                                                          \
      }                                                                                             \
    hash_print(op);                                                                                 \
  } while (0);
#define BOTH(op) AMO(op ".w") AMO(op ".d") AMO(op ".w.aqrl") AMO(op ".d.aqrl")

int main(void) {
  BOTH("amoswap") BOTH("amoadd") BOTH("amoxor") BOTH("amoand") BOTH("amoor") BOTH("amomin") BOTH("amomax") BOTH("amominu")
  BOTH("amomaxu")
  uint64_t old, failed;
  cell[0] = 0xfedcba9876543210;
  do {
    __asm__ volatile("lr.d %0, (%2)\n sc.d %1, %3, (%2)" : "=&r"(old), "=&r"(failed) : "r"(cell), "r"(5ull) : "memory");
  } while (failed);
  printf("lr/sc.d %llx -> %llx\n", (unsigned long long)old, (unsigned long long)cell[0]);
  cell[0] = 0xfedcba98f6543210;
  do {
    __asm__ volatile("lr.w %0, (%2)\n sc.w %1, %3, (%2)" : "=&r"(old), "=&r"(failed) : "r"(cell), "r"(7ull) : "memory");
  } while (failed);
  printf("lr/sc.w %llx -> %llx\n", (unsigned long long)old, (unsigned long long)cell[0]);
  // Without a reservation: fails, stores nothing.
  __asm__ volatile("lr.d %0, (%2)\n sc.d %1, zero, (%2)\n sc.d %1, zero, (%2)" : "=&r"(old), "=&r"(failed) : "r"(cell) : "memory");
  printf("second sc fails: %d\n", failed != 0);
  // Another address than the reserved one.
  cell[3] = 9;
  __asm__ volatile("lr.d %0, (%2)\n sc.d %1, zero, (%3)" : "=&r"(old), "=&r"(failed) : "r"(cell), "r"(cell + 3) : "memory");
  printf("sc elsewhere fails: %d %llu\n", failed != 0, (unsigned long long)cell[3]);
  return 0;
}
