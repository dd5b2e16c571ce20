// Zba, Zbb and Zbs. Unprivileged, "B Extension for Bit Manipulation"; each row is worked out from the instruction's
// "Operation".

#include "conformance/operations.h"

namespace recount::test {
namespace {

class Bits : public Operations {
 protected:
  static constexpr uint64_t kX = 0x8123456789abcdef;
};

TEST_P(Bits, ZbaAddsWhatIsShiftedOrZeroExtended) {
  expect({{Op::kSh1add, 3, 100, 106},
          {Op::kSh2add, 3, 100, 112},
          {Op::kSh3add, 3, 100, 124},
          {Op::kSh1add, kLeast, 7, 7},
          {Op::kSh3add, kOnes, 0, static_cast<uint64_t>(-8)},
          {Op::kAddUw, kOnes, 1, 0x100000000},
          {Op::kAddUw, 0x1234567880000000, 0, 0x80000000},
          {Op::kSh1addUw, kOnes, 0, 0x1fffffffe},
          {Op::kSh2addUw, 0xffffffff00000003, 100, 112},
          {Op::kSh3addUw, kOnes, 8, 0x800000000},
          {Op::kSlliUw, kOnes, 4, 0xffffffff0},
          {Op::kSlliUw, kX, 0, 0x89abcdef},
          {Op::kSlliUw, kX, 63, kLeast}});
}
TEST_P(Bits, ZbbLogicNegatesItsSecondOperand) {
  expect({{Op::kAndn, 0xff00, 0x0ff0, 0xf000},
          {Op::kAndn, kX, 0, kX},
          {Op::kOrn, 0xff00, 0x0ff0, 0xffffffffffffff0f},
          {Op::kOrn, 0, kOnes, 0},
          {Op::kXnor, 0xff00, 0x0ff0, 0xffffffffffff0f0f},
          {Op::kXnor, kX, kX, kOnes}});
}
// "Returns 64" of a doubleword of zeroes, and 32 of a word.
TEST_P(Bits, ZbbCounts) {
  expect({{Op::kClz, 0, 0, 64},          {Op::kClz, 1, 0, 63},
          {Op::kClz, kOnes, 0, 0},       {Op::kClz, 0x80000000, 0, 32},
          {Op::kCtz, 0, 0, 64},          {Op::kCtz, kLeast, 0, 63},
          {Op::kCtz, kOnes, 0, 0},       {Op::kCtz, 0x100000000, 0, 32},
          {Op::kCpop, 0, 0, 0},          {Op::kCpop, kOnes, 0, 64},
          {Op::kCpop, kX, 0, 33},        {Op::kClzw, 0xffffffff00000000, 0, 32},
          {Op::kClzw, 0x100000001, 0, 31}, {Op::kClzw, 0x80000000, 0, 0},
          {Op::kCtzw, 0x10000000000, 0, 32}, {Op::kCtzw, 0xffffffff00000008, 0, 3},
          {Op::kCtzw, 0x80000000, 0, 31}, {Op::kCpopw, kOnes, 0, 32},
          {Op::kCpopw, 0xffffffff00000001, 0, 1}, {Op::kCpopw, 0xffffffff00000000, 0, 0}});
}
TEST_P(Bits, ZbbMinimaAndMaxima) {
  expect({{Op::kMin, kLeast, kMost, kLeast},
          {Op::kMin, 1, kOnes, kOnes},
          {Op::kMinu, kLeast, kMost, kMost},
          {Op::kMinu, 1, kOnes, 1},
          {Op::kMax, kLeast, kMost, kMost},
          {Op::kMax, 1, kOnes, 1},
          {Op::kMaxu, kLeast, kMost, kLeast},
          {Op::kMaxu, 1, kOnes, kOnes},
          {Op::kMax, 5, 5, 5}});
}
TEST_P(Bits, ZbbExtendsBytesAndHalfwords) {
  expect({{Op::kSextB, 0x17f, 0, 0x7f},
          {Op::kSextB, 0x80, 0, 0xffffffffffffff80},
          {Op::kSextH, 0x17fff, 0, 0x7fff},
          {Op::kSextH, 0x8000, 0, 0xffffffffffff8000},
          {Op::kZextH, kOnes, 0, 0xffff},
          {Op::kZextH, 0x12348000, 0, 0x8000}});
}
// The amount is rs2's low six bits, or five; word results are sign-extended.
TEST_P(Bits, ZbbRotates) {
  expect({{Op::kRol, kX, 0, kX},
          {Op::kRol, kX, 4, 0x123456789abcdef8},
          {Op::kRol, kX, 68, 0x123456789abcdef8},
          {Op::kRor, kX, 4, 0xf8123456789abcde},
          {Op::kRor, kX, 64, kX},
          {Op::kRor, 1, 1, kLeast},
          {Op::kRori, kX, 4, 0xf8123456789abcde},
          {Op::kRori, kX, 63, 0x02468acf13579bdf},
          {Op::kRolw, kX, 4, 0xffffffff9abcdef8},
          {Op::kRolw, kX, 32, 0xffffffff89abcdef},
          {Op::kRolw, 0x1111111140000000, 1, kLeast32},
          {Op::kRorw, kX, 4, 0xfffffffff89abcde},
          {Op::kRorw, 0xffffffff00000001, 1, kLeast32},
          {Op::kRorw, kX, 0, 0xffffffff89abcdef},
          {Op::kRoriw, kX, 8, 0xffffffffef89abcd},
          {Op::kRoriw, 0x2, 1, 1}});
}
TEST_P(Bits, ZbbOrcbAndRev8WorkByBytes) {
  expect({{Op::kOrcB, 0x0001008000ff0000, 0, 0x00ff00ff00ff0000},
          {Op::kOrcB, 0, 0, 0},
          {Op::kOrcB, 0x0101010101010101, 0, kOnes},
          {Op::kRev8, kX, 0, 0xefcdab8967452381},
          {Op::kRev8, 1, 0, 0x0100000000000000}});
}
// "index = X(rs2) & (XLEN - 1)".
TEST_P(Bits, ZbsSingleBits) {
  expect({{Op::kBset, 0, 63, kLeast},
          {Op::kBset, 0, 64, 1},
          {Op::kBclr, kOnes, 0, 0xfffffffffffffffe},
          {Op::kBclr, kOnes, 127, kMost},
          {Op::kBinv, kX, 63, 0x0123456789abcdef},
          {Op::kBinv, 0, 32, 0x100000000},
          {Op::kBext, kX, 63, 1},
          {Op::kBext, kX, 62, 0},
          {Op::kBext, kX, 64, 1},
          {Op::kBseti, 0, 40, 0x10000000000},
          {Op::kBclri, kOnes, 31, 0xffffffff7fffffff},
          {Op::kBinvi, kOnes, 63, kMost},
          {Op::kBexti, kX, 0, 1},
          {Op::kBexti, kX, 4, 0}});
}

INSTANTIATE_TEST_SUITE_P(Engines, Bits, kEveryEngine, engine_of);

}  // namespace
}  // namespace recount::test
