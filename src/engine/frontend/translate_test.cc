// Where blocks begin and end; and that whatever the bytes are, a well-formed block comes of them. What single
// instructions become is in tests/golden/.

#include "engine/frontend/translate.h"

#include <gtest/gtest.h>

#include <random>

#include "base/address.h"
#include "engine/ir/passes/passes.h"
#include "engine/ir/print.h"
#include "engine/ir/verify.h"
#include "isa/insn.h"

namespace recount::frontend {
namespace {

constexpr uint32_t kNop = 0x00000013, kEcall = 0x00000073, kSretWord = 0x10200073, kCsrrsTime = 0xc0102573;
constexpr uint16_t kCompressedNop = 0x0001;

Bytes page_of(std::initializer_list<uint32_t> words, uint16_t offset = 0) {
  Bytes page(kPageSize);
  for (uint32_t word : words) {
    store_le(page.data() + offset, word);
    offset = static_cast<uint16_t>(offset + 4);
  }
  return page;
}

uint32_t jal(unsigned rd, int32_t offset) {
  auto o = static_cast<uint32_t>(offset);
  return 0x6fu | rd << 7 | (o & 0xff000) | (o >> 11 & 1) << 20 | (o >> 1 & 0x3ff) << 21 | (o >> 20 & 1) << 31;
}
uint32_t beq(int32_t offset) {
  auto o = static_cast<uint32_t>(offset);
  return 0x00b50063u | (o >> 11 & 1) << 7 | (o >> 1 & 15) << 8 | (o >> 5 & 63) << 25 | (o >> 12 & 1) << 31;
}

const ir::Inst& last(const ir::Block& block) { return block.insts.back(); }

TEST(Translate, ABlockEndsAtTheMostSteps) {
  Bytes page = page_of({kNop, kNop, kNop, kNop});
  ir::Block block = translate(page, 0, {3});
  EXPECT_EQ(block.step_count(), 3);
  EXPECT_EQ(last(block).op, ir::Opcode::kExit);
  EXPECT_EQ(last(block).imm, 12);
}

TEST(Translate, ABlockEndsAtThePagesEnd) {
  Bytes page = page_of({kNop, kNop}, kPageSize - 8);
  ir::Block block = translate(page, kPageSize - 8, {64});
  EXPECT_EQ(block.step_count(), 2);
  EXPECT_EQ(last(block).imm, static_cast<int64_t>(kPageSize));
}

TEST(Translate, AnInstructionAcrossThePagesEndIsNotOfTheBlock) {
  Bytes page = page_of({kNop}, kPageSize - 6);
  store_le(page.data() + kPageSize - 2, static_cast<uint16_t>(kNop));
  ir::Block block = translate(page, kPageSize - 6, {64});
  EXPECT_EQ(block.step_count(), 1);
  EXPECT_EQ(last(block).imm, static_cast<int64_t>(kPageSize - 2));
  EXPECT_EQ(translate(page, kPageSize - 2, {64}).step_count(), 0) << "alone, it is no block";
}

TEST(Translate, ACompressedInstructionMayBeThePagesLast) {
  Bytes page(kPageSize);
  store_le(page.data() + kPageSize - 2, kCompressedNop);
  ir::Block block = translate(page, kPageSize - 2, {64});
  ASSERT_EQ(block.step_count(), 1);
  EXPECT_EQ(block.points[0].length, 2);
}

TEST(Translate, AForwardBranchIsASideExit) {
  ir::Block block = translate(page_of({beq(64), kNop}), 0, {2});
  EXPECT_EQ(block.step_count(), 2);
  EXPECT_NE(ir::print(block).find("exit_if.eq"), std::string::npos);
}

TEST(Translate, ABranchBackEndsTheBlock) {
  ir::Block block = translate(page_of({kNop, beq(-4), kNop}), 0, {64});
  EXPECT_EQ(block.step_count(), 2);
  EXPECT_EQ(last(block).imm, 8);
}

TEST(Translate, AJumpInThePageIsFollowedOnce) {
  // 0: j 8; 8: nop; 12: j 0
  ir::Block block = translate(page_of({jal(0, 8), kEcall, kNop, jal(0, -12)}), 0, {64});
  EXPECT_EQ(block.step_count(), 3);
  EXPECT_EQ(last(block).op, ir::Opcode::kExit);
  EXPECT_EQ(last(block).imm, 0);
}

TEST(Translate, AJumpOutOfThePageIsNotFollowed) {
  ir::Block block = translate(page_of({jal(0, 0x2000)}), 0, {64});
  EXPECT_EQ(block.step_count(), 1);
  EXPECT_EQ(last(block).imm, 0x2000);
}

TEST(Translate, ACallEndsTheBlock) {
  ir::Block block = translate(page_of({jal(1, 8), kEcall, kNop}), 0, {64});
  EXPECT_EQ(block.step_count(), 1);
  EXPECT_EQ(last(block).imm, 8);
}

TEST(Translate, WhatTrapsOrReturnsLeaves) {
  for (uint32_t word : {kEcall, kSretWord, uint32_t{0}}) {
    ir::Block block = translate(page_of({word, kNop}), 0, {64});
    EXPECT_EQ(block.step_count(), 1);
    EXPECT_EQ(last(block).op, ir::Opcode::kStep);
    EXPECT_EQ(last(block).detail, static_cast<uint8_t>(ir::StepKind::kLeaves));
  }
}

TEST(Translate, ACsrIsAStepInTheMiddle) {
  ir::Block block = translate(page_of({kCsrrsTime, kNop, kNop}), 0, {2});
  EXPECT_EQ(block.step_count(), 2);
  EXPECT_EQ(block.insts[0].op, ir::Opcode::kStep);
  EXPECT_EQ(block.insts[0].detail, static_cast<uint8_t>(ir::StepKind::kGoesOn));
}

TEST(Translate, OfAnyBytesComesAWellFormedBlock) {
  std::mt19937 random(3);
  uint64_t steps = 0;
  for (unsigned round = 0; round < 2000; ++round) {
    Bytes page(kPageSize);
    for (size_t at = 0; at < kPageSize; at += 4) {
      auto op = static_cast<Op>(1 + random() % (static_cast<unsigned>(Op::kCount) - 1));
      const InsnInfo& info = info_of(op);
      auto noise = static_cast<uint32_t>(random());
      store_le(page.data() + at, random() % 8 == 0 ? noise : info.match | (noise & ~info.mask));
    }
    auto offset = static_cast<uint16_t>(random() % (kPageSize / 2) * 2);
    ir::Block block = translate(page, offset, {1 + static_cast<unsigned>(random() % 64)});
    if (block.points.empty()) continue;
    steps += block.step_count();
    ASSERT_EQ(ir::verify(block), std::nullopt) << ir::print(block);
    for (auto pass : {ir::forward_slots, ir::fold_constants, ir::remove_dead}) {
      pass(block);
      ASSERT_EQ(ir::verify(block), std::nullopt) << ir::print(block);
    }
  }
  EXPECT_GT(steps, 4000u);
}

}  // namespace
}  // namespace recount::frontend
