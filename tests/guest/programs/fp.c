// F and D: every operation, in every rounding mode, static and dynamic, over special operands; results and flags.
#include "common.h"

static const uint64_t doubles[] = {
    0, 0x8000000000000000, 1, 0x8000000000000001, 0x000fffffffffffff, 0x0010000000000000, 0x7fefffffffffffff,
    0xffefffffffffffff, 0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000, 0xfff8000000000123, 0x7ff0000000000001,
    0xfff4000000000000, 0x3ff0000000000000, 0xbff0000000000000, 0x3fe0000000000000, 0x3ff8000000000000, 0x4004000000000000,
    0xc004000000000000, 0x3ff0000000000001, 0x3fefffffffffffff, 0x41dfffffffc00000, 0x41e0000000000000, 0xc1e0000000200000,
    0x41f0000000000000, 0x43dfffffffffffff, 0x43e0000000000000, 0xc3e0000000000000, 0x43f0000000000000, 0x380fffffe0000000,
    0x36a0000000000000, 0x47efffffe0000000, 0x47effffff0000000, 0x3fd5555555555555, 0x400921fb54442d18};
static const uint64_t singles[] = {
    0, 0x80000000, 1, 0x80000001, 0x007fffff, 0x00800000, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000,
    0xffc00123, 0x7f800001, 0xffa00000, 0x3f800000, 0xbf800000, 0x3f000000, 0x3fc00000, 0x40200000, 0xc0200000, 0x3f800001,
    0x3f7fffff, 0x4effffff, 0x4f000000, 0xcf000001, 0x4f800000, 0x5effffff, 0x5f000000, 0xdf000000, 0x5f800000, 0x3eaaaaab, 0x40490fdb};

#define CLEAR __asm__ volatile("csrw fflags, zero")
#define FLAGS                                       \
  do {                                              \
    uint64_t flags_;                                \
    __asm__ volatile("csrr %0, fflags" : "=r"(flags_)); \
    hash_add(flags_);                               \
  } while (0)
#define EACH(table, v) for (size_t v = 0; v < COUNT(table); ++v)

// In: x registers with raw bits; the moves are part of the test.
#define F2(op, w, table, tail)                                                                                     \
  EACH(table, i) EACH(table, j) {                                                                                  \
    uint64_t r;                                                                                                    \
    CLEAR;                                                                                                         \
    __asm__ volatile("fmv." w ".x ft0, %1\n fmv." w ".x ft1, %2\n" op " ft2, ft0, ft1" tail "\n fmv.x." w " %0, ft2" \
                     : "=r"(r) : "r"(table[i]), "r"(table[j]) : "ft0", "ft1", "ft2");                              \
    hash_add(r);                                                                                                   \
    FLAGS;                                                                                                         \
  }
#define F1(op, from, to, table, tail)                                                                              \
  EACH(table, i) {                                                                                                 \
    uint64_t r;                                                                                                    \
    CLEAR;                                                                                                         \
    __asm__ volatile("fmv." from ".x ft0, %1\n" op " ft2, ft0" tail "\n fmv.x." to " %0, ft2"                      \
                     : "=r"(r) : "r"(table[i]) : "ft0", "ft2");                                                    \
    hash_add(r);                                                                                                   \
    FLAGS;                                                                                                         \
  }
#define F3(op, w, table, tail)                                                                                     \
  EACH(table, i) EACH(table, j) for (size_t k = 0; k < COUNT(table); k += 3) {                                     \
    uint64_t r;                                                                                                    \
    CLEAR;                                                                                                         \
    __asm__ volatile("fmv." w ".x ft0, %1\n fmv." w ".x ft1, %2\n fmv." w ".x ft3, %3\n" op                         \
                     " ft2, ft0, ft1, ft3" tail "\n fmv.x." w " %0, ft2"                                           \
                     : "=r"(r) : "r"(table[i]), "r"(table[j]), "r"(table[k]) : "ft0", "ft1", "ft2", "ft3");        \
    hash_add(r);                                                                                                   \
    FLAGS;                                                                                                         \
  }
#define COMPARE(op, w, table)                                                                                      \
  EACH(table, i) EACH(table, j) {                                                                                  \
    uint64_t r;                                                                                                    \
    CLEAR;                                                                                                         \
    __asm__ volatile("fmv." w ".x ft0, %1\n fmv." w ".x ft1, %2\n" op " %0, ft0, ft1"                              \
                     : "=r"(r) : "r"(table[i]), "r"(table[j]) : "ft0", "ft1");                                     \
    hash_add(r);                                                                                                   \
    FLAGS;                                                                                                         \
  }
#define TO_X(op, w, table, tail)                                                                                   \
  EACH(table, i) {                                                                                                 \
    uint64_t r;                                                                                                    \
    CLEAR;                                                                                                         \
    __asm__ volatile("fmv." w ".x ft0, %1\n" op " %0, ft0" tail : "=r"(r) : "r"(table[i]) : "ft0");                \
    hash_add(r);                                                                                                   \
    FLAGS;                                                                                                         \
  }
#define FROM_X(op, w, tail)                                                                                        \
  EACH(operands, i) {                                                                                              \
    uint64_t r;                                                                                                    \
    CLEAR;                                                                                                         \
    __asm__ volatile(op " ft2, %1" tail "\n fmv.x." w " %0, ft2" : "=r"(r) : "r"(operands[i]) : "ft2");            \
    hash_add(r);                                                                                                   \
    FLAGS;                                                                                                         \
  }
#define SHOW(name, body) do { hash_begin(); body hash_print(name); } while (0);

#define ROUNDED(p, w, table, tail)                                                                                 \
  SHOW("fadd." p, F2("fadd." p, w, table, tail)) SHOW("fsub." p, F2("fsub." p, w, table, tail))                     \
  SHOW("fmul." p, F2("fmul." p, w, table, tail)) SHOW("fdiv." p, F2("fdiv." p, w, table, tail))                     \
  SHOW("fsqrt." p, F1("fsqrt." p, w, w, table, tail))                                                              \
  SHOW("fmadd." p, F3("fmadd." p, w, table, tail)) SHOW("fmsub." p, F3("fmsub." p, w, table, tail))                 \
  SHOW("fnmadd." p, F3("fnmadd." p, w, table, tail)) SHOW("fnmsub." p, F3("fnmsub." p, w, table, tail))             \
  SHOW("fcvt.w." p, TO_X("fcvt.w." p, w, table, tail)) SHOW("fcvt.wu." p, TO_X("fcvt.wu." p, w, table, tail))       \
  SHOW("fcvt.l." p, TO_X("fcvt.l." p, w, table, tail)) SHOW("fcvt.lu." p, TO_X("fcvt.lu." p, w, table, tail))       \
  SHOW("fcvt." p ".l", FROM_X("fcvt." p ".l", w, tail)) SHOW("fcvt." p ".lu", FROM_X("fcvt." p ".lu", w, tail))
#define MODE(name, tail)                                                                                           \
  printf("rounding %s\n", name);                                                                                   \
  ROUNDED("d", "d", doubles, tail) ROUNDED("s", "w", singles, tail)                                                \
  SHOW("fcvt.s.w", FROM_X("fcvt.s.w", "w", tail)) SHOW("fcvt.s.wu", FROM_X("fcvt.s.wu", "w", tail))                 \
  SHOW("fcvt.s.d", F1("fcvt.s.d", "d", "w", doubles, tail))

#define EXACT(p, w, table)                                                                                         \
  SHOW("fsgnj." p, F2("fsgnj." p, w, table, "")) SHOW("fsgnjn." p, F2("fsgnjn." p, w, table, ""))                   \
  SHOW("fsgnjx." p, F2("fsgnjx." p, w, table, "")) SHOW("fmin." p, F2("fmin." p, w, table, ""))                     \
  SHOW("fmax." p, F2("fmax." p, w, table, "")) SHOW("feq." p, COMPARE("feq." p, w, table))                          \
  SHOW("flt." p, COMPARE("flt." p, w, table)) SHOW("fle." p, COMPARE("fle." p, w, table))                           \
  SHOW("fclass." p, TO_X("fclass." p, w, table, ""))

static void dynamic_mode(int rm) {
  static const char* const names[] = {"dynamic rne", "dynamic rtz", "dynamic rdn", "dynamic rup", "dynamic rmm"};
  __asm__ volatile("fsrm %0" : : "r"(rm));
  MODE(names[rm], "")
  __asm__ volatile("fsrm zero");
}

int main(void) {
  EXACT("d", "d", doubles)
  EXACT("s", "w", singles)
  SHOW("fcvt.d.s", F1("fcvt.d.s", "w", "d", singles, ""))
  SHOW("fcvt.d.w", FROM_X("fcvt.d.w", "d", "")) SHOW("fcvt.d.wu", FROM_X("fcvt.d.wu", "d", ""))
  // A single that is not boxed counts as the canonical NaN.
  SHOW("unboxed", F2("fadd.s", "d", doubles, ""))
  MODE("rne", ", rne")
  MODE("rtz", ", rtz")
  MODE("rdn", ", rdn")
  MODE("rup", ", rup")
  MODE("rmm", ", rmm")
  for (int rm = 0; rm <= 4; ++rm) dynamic_mode(rm);
  return 0;
}
