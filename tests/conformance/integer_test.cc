// RV64I, "Integer Computational Instructions": of RV32I where it says nothing else, and those that RV64I adds.

#include "conformance/operations.h"

namespace recount::test {
namespace {

class Integer : public Operations {};

// "Arithmetic overflow is ignored and the result is simply the low XLEN bits of the result."
TEST_P(Integer, AddAndSubWrapAround) {
  expect({{Op::kAdd, 1, 2, 3},
          {Op::kAdd, kOnes, 1, 0},
          {Op::kAdd, kMost, 1, kLeast},
          {Op::kAdd, kLeast, kLeast, 0},
          {Op::kAdd, 0x7fffffff, 1, 0x80000000},
          {Op::kAdd, 0, 0, 0},
          {Op::kSub, 1, 2, kOnes},
          {Op::kSub, kLeast, 1, kMost},
          {Op::kSub, 0, kLeast, kLeast},
          {Op::kSub, 5, 5, 0},
          {Op::kAddi, 1, static_cast<uint64_t>(-2048), static_cast<uint64_t>(-2047)},
          {Op::kAddi, kMost, 2047, kLeast + 2046},
          {Op::kAddi, kOnes, 0, kOnes}});
}
// "ADDW and SUBW are RV64I-only instructions that ... operate on 32-bit values and produce signed 32-bit results. Overflows
// are ignored".
TEST_P(Integer, WordsAreSignExtendedFromTheirLow32Bits) {
  expect({{Op::kAddw, kMost32, 1, kLeast32},
          {Op::kAddw, 0xffffffff, 1, 0},
          {Op::kAddw, 0x1234567800000001, 0x8765432100000001, 2},
          {Op::kAddw, 0x80000000, 0, kLeast32},
          {Op::kSubw, 0, 1, kOnes},
          {Op::kSubw, 0x80000000, 1, kMost32},
          {Op::kSubw, 0x100000000, 1, kOnes},
          {Op::kAddiw, kMost32, 1, kLeast32},
          {Op::kAddiw, 0xffffffff80000000, static_cast<uint64_t>(-1), kMost32},
          {Op::kAddiw, 0x123456789abcdef0, 0, 0xffffffff9abcdef0}});
}
// "SLT and SLTU perform signed and unsigned compares respectively"; SLTIU's immediate is "first sign-extended ... then
// treated as an unsigned".
TEST_P(Integer, ComparesAreSignedAndUnsigned) {
  expect({{Op::kSlt, kLeast, kMost, 1},
          {Op::kSlt, kMost, kLeast, 0},
          {Op::kSlt, 7, 7, 0},
          {Op::kSlt, kOnes, 0, 1},
          {Op::kSltu, kLeast, kMost, 0},
          {Op::kSltu, kMost, kLeast, 1},
          {Op::kSltu, kOnes, 0, 0},
          {Op::kSltu, 0, kOnes, 1},
          {Op::kSltu, 0, 0, 0},
          {Op::kSlti, kOnes, 0, 1},
          {Op::kSlti, kLeast, static_cast<uint64_t>(-2048), 1},
          {Op::kSlti, static_cast<uint64_t>(-2048), static_cast<uint64_t>(-2048), 0},
          {Op::kSltiu, 5, kOnes, 1},
          {Op::kSltiu, kOnes, kOnes, 0},
          {Op::kSltiu, 0, 1, 1},
          {Op::kSltiu, 1, 1, 0},
          {Op::kSltiu, 0xfffffffffffff7ff, static_cast<uint64_t>(-2048), 1}});
}
TEST_P(Integer, LogicIsBitwiseAndImmediatesAreSignExtended) {
  constexpr uint64_t kX = 0xff00ff00ff00ff00, kY = 0x0ff00ff00ff00ff0;
  expect({{Op::kAnd, kX, kY, 0x0f000f000f000f00},
          {Op::kOr, kX, kY, 0xfff0fff0fff0fff0},
          {Op::kXor, kX, kY, 0xf0f0f0f0f0f0f0f0},
          {Op::kXor, kX, kX, 0},
          {Op::kAnd, kX, kOnes, kX},
          {Op::kOr, kX, 0, kX},
          {Op::kAndi, kX, 0x0ff, 0},
          {Op::kAndi, kX, static_cast<uint64_t>(-256), kX},
          {Op::kOri, kX, 0x7ff, 0xff00ff00ff00ffff},
          {Op::kOri, kX, static_cast<uint64_t>(-2048), 0xffffffffffffff00},
          {Op::kXori, kX, kOnes, 0x00ff00ff00ff00ff},
          {Op::kXori, kX, 0x700, 0xff00ff00ff00f800}});
}
// "SLL, SRL, and SRA perform logical left, logical right, and arithmetic right shifts ... by the shift amount held in
// register rs2. In RV64I, only the low 6 bits of rs2 are considered".
TEST_P(Integer, ShiftsTakeSixBitsOfTheirAmount) {
  constexpr uint64_t kX = 0x8123456789abcdef;
  expect({{Op::kSll, kX, 0, kX},
          {Op::kSll, kX, 4, 0x123456789abcdef0},
          {Op::kSll, kX, 63, kLeast},
          {Op::kSll, kX, 64, kX},
          {Op::kSll, kX, 0xffffffffffffff44, 0x123456789abcdef0},
          {Op::kSrl, kX, 4, 0x08123456789abcde},
          {Op::kSrl, kX, 63, 1},
          {Op::kSrl, kX, 128, kX},
          {Op::kSra, kX, 4, 0xf8123456789abcde},
          {Op::kSra, kX, 63, kOnes},
          {Op::kSra, kMost, 63, 0},
          {Op::kSra, kX, 65, 0xc091a2b3c4d5e6f7},
          {Op::kSlli, kX, 0, kX},
          {Op::kSlli, kX, 63, kLeast},
          {Op::kSlli, kX, 32, 0x89abcdef00000000},
          {Op::kSrli, kX, 63, 1},
          {Op::kSrli, kX, 32, 0x81234567},
          {Op::kSrai, kX, 63, kOnes},
          {Op::kSrai, kX, 32, 0xffffffff81234567}});
}
// "SLLW, SRLW, and SRAW ... operate on 32-bit values and sign-extend their 32-bit results to 64 bits. The shift amount is
// given by rs2[4:0]."
TEST_P(Integer, WordShiftsTakeFiveBitsOfTheirAmount) {
  constexpr uint64_t kX = 0x1234567889abcdef;
  expect({{Op::kSllw, kX, 0, 0xffffffff89abcdef},
          {Op::kSllw, kX, 4, 0xffffffff9abcdef0},
          {Op::kSllw, kX, 31, kLeast32},
          {Op::kSllw, kX, 32, 0xffffffff89abcdef},
          {Op::kSrlw, kX, 0, 0xffffffff89abcdef},
          {Op::kSrlw, kX, 4, 0x089abcde},
          {Op::kSrlw, kX, 31, 1},
          {Op::kSrlw, kX, 36, 0x089abcde},
          {Op::kSraw, kX, 4, 0xfffffffff89abcde},
          {Op::kSraw, kX, 31, kOnes},
          {Op::kSraw, 0xffffffff7fffffff, 31, 0},
          {Op::kSraw, kX, 33, 0xffffffffc4d5e6f7},
          {Op::kSlliw, kX, 4, 0xffffffff9abcdef0},
          {Op::kSlliw, kX, 31, kLeast32},
          {Op::kSrliw, kX, 0, 0xffffffff89abcdef},
          {Op::kSrliw, kX, 1, 0x44d5e6f7},
          {Op::kSraiw, kX, 1, 0xffffffffc4d5e6f7},
          {Op::kSraiw, 0xffffffff7fffffff, 31, 0}});
}
// SLLIW, SRLIW and SRAIW encodings with imm[5] set are reserved.
TEST_P(Integer, WordShiftOfSixBitsIsIllegal) {
  for (Op op : {Op::kSlliw, Op::kSrliw, Op::kSraiw}) {
    put64(kCode, encode(op, {.rd = 10, .rs1 = 5}) | 1u << 25);
    EXPECT_EQ(run().mcause, 2u) << info_of(op).mnemonic;
  }
}
// "LUI places the 32-bit U-immediate into register rd, filling in the lowest 12 bits with zeros ... sign-extended"; AUIPC
// adds it to the pc.
TEST_P(Integer, UpperImmediatesAreSignExtended) {
  for (int64_t imm : {0ll, 0x1000ll, 0x7ffff000ll, -0x80000000ll, -0x1000ll}) {
    auto value = static_cast<uint64_t>(imm);
    EXPECT_EQ(run_one(Op::kLui, {.rd = 10, .imm = imm}).x[10], value);
    EXPECT_EQ(run_one(Op::kAuipc, {.rd = 10, .imm = imm}).x[10], kRam + kCode + value);
  }
}
// What a kernel does before it has turned paging on: its virtual addresses are far from its code.
TEST_P(Integer, AddressFarFromTheCodeIsComputedExactly) {
  put(kCode, Assembler()
                 .emit(Op::kAuipc, {.rd = 5})
                 .emit(Op::kLui, {.rd = 6, .imm = -0x80000000ll})
                 .emit(Op::kAdd, {.rd = 10, .rs1 = 5, .rs2 = 6})
                 .emit(Op::kAddi, {.rd = 11, .rs1 = 10, .imm = -1})
                 .emit(Op::kSub, {.rd = 12, .rs1 = 5, .rs2 = 6})
                 .emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.x[10], kCode);
  EXPECT_EQ(s.x[11], kCode - 1);
  EXPECT_EQ(s.x[12], kCode + 0x100000000);
}

INSTANTIATE_TEST_SUITE_P(Engines, Integer, kEveryEngine, engine_of);

}  // namespace
}  // namespace recount::test
