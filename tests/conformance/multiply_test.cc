// M. Unprivileged, "M Extension for Integer Multiplication and Division".

#include "conformance/operations.h"

namespace recount::test {
namespace {

class Multiply : public Operations {};

// "MUL performs an XLEN-bit x XLEN-bit multiplication of rs1 by rs2 and places the lower XLEN bits in the destination
// register."
TEST_P(Multiply, LowerHalf) {
  expect({{Op::kMul, 3, 5, 15},
          {Op::kMul, kOnes, kOnes, 1},
          {Op::kMul, kLeast, kOnes, kLeast},
          {Op::kMul, 0x100000000, 0x100000000, 0},
          {Op::kMul, 0x123456789, 0, 0},
          {Op::kMulw, 0x80000000, 2, 0},
          {Op::kMulw, kMost32, kMost32, 1},
          {Op::kMulw, 0x40000000, 2, kLeast32},
          {Op::kMulw, 0xffffffff00000003, 0x1111111100000005, 15}});
}
// "MULH, MULHU, and MULHSU perform the same multiplication but return the upper XLEN bits of the full 2xXLEN-bit product".
TEST_P(Multiply, UpperHalves) {
  expect({{Op::kMulh, kOnes, kOnes, 0},
          {Op::kMulh, kOnes, 1, kOnes},
          {Op::kMulh, kLeast, kLeast, 0x4000000000000000},
          {Op::kMulh, kLeast, kMost, 0xc000000000000000},
          {Op::kMulh, kMost, kMost, 0x3fffffffffffffff},
          {Op::kMulhu, kOnes, kOnes, 0xfffffffffffffffe},
          {Op::kMulhu, kLeast, 2, 1},
          {Op::kMulhu, 0x100000000, 0x100000000, 1},
          {Op::kMulhu, 5, 7, 0},
          {Op::kMulhsu, kOnes, kOnes, kOnes},
          {Op::kMulhsu, kOnes, 1, kOnes},
          {Op::kMulhsu, 1, kOnes, 0},
          {Op::kMulhsu, kLeast, kLeast, 0xc000000000000000},
          {Op::kMulhsu, kMost, kOnes, 0x7ffffffffffffffe},
          {Op::kMulhsu, kLeast, 0, 0}});
}
// "rounding towards zero"; "the sign of a nonzero result equals the sign of the dividend".
TEST_P(Multiply, DivisionRoundsTowardsZero) {
  constexpr uint64_t kMinus7 = static_cast<uint64_t>(-7), kMinus2 = static_cast<uint64_t>(-2);
  expect({{Op::kDiv, 7, 2, 3},
          {Op::kDiv, kMinus7, 2, static_cast<uint64_t>(-3)},
          {Op::kDiv, 7, kMinus2, static_cast<uint64_t>(-3)},
          {Op::kDiv, kMinus7, kMinus2, 3},
          {Op::kRem, 7, 2, 1},
          {Op::kRem, kMinus7, 2, kOnes},
          {Op::kRem, 7, kMinus2, 1},
          {Op::kRem, kMinus7, kMinus2, kOnes},
          {Op::kDivu, kOnes, 2, kMost},
          {Op::kDivu, 7, kOnes, 0},
          {Op::kRemu, kOnes, 10, 5},
          {Op::kRemu, 7, kOnes, 7},
          {Op::kDiv, 0, 5, 0},
          {Op::kDiv, kLeast, 2, 0xc000000000000000}});
}
// The table "Semantics for division by zero and division overflow": no exception.
TEST_P(Multiply, DivisionByZeroAndOverflow) {
  expect({{Op::kDivu, 5, 0, kOnes},
          {Op::kRemu, 5, 0, 5},
          {Op::kDiv, 5, 0, kOnes},
          {Op::kDiv, kLeast, 0, kOnes},
          {Op::kRem, 5, 0, 5},
          {Op::kRem, kLeast, 0, kLeast},
          {Op::kDiv, 0, 0, kOnes},
          {Op::kDiv, kLeast, kOnes, kLeast},
          {Op::kRem, kLeast, kOnes, 0}});
}
// DIVW and DIVUW "divide the lower 32 bits of rs1 by the lower 32 bits of rs2", and their quotient is sign-extended; "Both
// REMW and REMUW always sign-extend the 32-bit result to 64 bits, including on a divide by zero."
TEST_P(Multiply, WordsAreSignExtended) {
  expect({{Op::kDivw, 0xfffffffffffffff9, 2, static_cast<uint64_t>(-3)},
          {Op::kDivw, 0x12345678fffffff9, 0x8765432100000002, static_cast<uint64_t>(-3)},
          {Op::kDivw, 5, 0x100000000, kOnes},
          {Op::kDivw, 0x80000000, 0xffffffff, kLeast32},
          {Op::kDivuw, 0xffffffff, 1, kOnes},
          {Op::kDivuw, 0xffffffff00000007, 2, 3},
          {Op::kDivuw, 5, 0, kOnes},
          {Op::kRemw, 0xfffffff9, 2, kOnes},
          {Op::kRemw, 0x80000000, 0xffffffff, 0},
          {Op::kRemw, 0x80000000, 0, kLeast32},
          {Op::kRemuw, 0xfffffff9, 10, 9},
          {Op::kRemuw, 0xfffffff9, 0, 0xfffffffffffffff9},
          {Op::kRemuw, 0x80000005, 0xffffffff, 0xffffffff80000005}});
}

INSTANTIATE_TEST_SUITE_P(Engines, Multiply, kEveryEngine, engine_of);

}  // namespace
}  // namespace recount::test
