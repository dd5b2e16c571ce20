// The table against itself.

#include <gtest/gtest.h>

#include <vector>

#include "isa/insn.h"

namespace recount {
namespace {

std::vector<Op> all_ops() {
  std::vector<Op> ops;
  for (auto i = static_cast<uint16_t>(Op::kIllegal) + 1; i < static_cast<uint16_t>(Op::kCount); ++i) {
    ops.push_back(static_cast<Op>(i));
  }
  return ops;
}

TEST(Table, EveryRowDecodesToItself) {
  for (Op op : all_ops()) {
    const InsnInfo& info = info_of(op);
    EXPECT_EQ(decode(info.match).op, op) << info.mnemonic;
    // All free bits set, but for a rounding mode, of which 7 is a legal one.
    EXPECT_EQ(decode(info.match | ~info.mask).op, op) << info.mnemonic;
    EXPECT_EQ(decode(info.match).raw, info.match);
  }
}

TEST(Table, MatchBitsLieInTheMask) {
  for (Op op : all_ops()) EXPECT_EQ(info_of(op).match & ~info_of(op).mask, 0u) << info_of(op).mnemonic;
}

// pause is one of fence's hints, and its row comes first.
bool is_hint_of(Op a, Op b) { return a == Op::kPause && b == Op::kFence; }

TEST(Table, NoWordMatchesTwoRows) {
  for (Op a : all_ops()) {
    for (Op b : all_ops()) {
      if (a >= b || is_hint_of(a, b)) continue;
      uint32_t common = info_of(a).mask & info_of(b).mask;
      EXPECT_NE(info_of(a).match & common, info_of(b).match & common)
          << info_of(a).mnemonic << " and " << info_of(b).mnemonic;
    }
  }
}

TEST(Decode, TakesTheImmediateOfEachFormat) {
  EXPECT_EQ(decode(0xff010113).imm, -16);        // addi sp,sp,-16
  EXPECT_EQ(decode(0xfe113c23).imm, -8);         // sd ra,-8(sp)
  EXPECT_EQ(decode(0xfe000ee3).imm, -4);         // beq zero,zero,.-4
  EXPECT_EQ(decode(0xffdff06f).imm, -4);         // j .-4
  EXPECT_EQ(decode(0x800000b7).imm, INT32_MIN);  // lui ra,0x80000
  EXPECT_EQ(decode(0x03f09093).imm, 63);         // slli ra,ra,63
  EXPECT_EQ(decode(0xfff0d073).imm, 0xfff);      // csrrwi zero,0xfff,1
  EXPECT_EQ(decode(0xfff0d073).rs1, 1);
}

TEST(Decode, ReservedRoundingModesAreIllegal) {
  constexpr uint32_t kFaddS = 0x00000053;
  for (uint32_t mode = 0; mode < 8; ++mode) {
    bool reserved = mode == 5 || mode == 6;
    EXPECT_EQ(decode(kFaddS | mode << 12).op, reserved ? Op::kIllegal : Op::kFaddS) << mode;
  }
}

TEST(Decode, AtomicsCarryAcquireAndRelease) {
  EXPECT_EQ(decode(info_of(Op::kAmoaddW).match | 1u << 26).rm, 2);
  EXPECT_EQ(decode(info_of(Op::kLrD).match | 3u << 25).rm, 3);
}

TEST(Decode, LooksOnlyAtTheLowHalfOfACompressedWord) {
  EXPECT_EQ(decode(0xffff0001), decode(0x00000001));
  EXPECT_EQ(decode(0x00000001).length, 2);
  EXPECT_EQ(decode(0xffff0001).raw, 1u);
}

TEST(Decode, AllZerosAndAllOnesAreIllegal) {
  EXPECT_EQ(decode(0).op, Op::kIllegal);
  EXPECT_EQ(decode(0).length, 2);
  EXPECT_EQ(decode(0xffffffff).op, Op::kIllegal);
  EXPECT_EQ(decode(0xffffffff).length, 4);
}

}  // namespace
}  // namespace recount
