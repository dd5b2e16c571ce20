#include "engine/jit/code_map.h"

#include <gtest/gtest.h>

namespace recount::jit {
namespace {

// A block of four-byte instructions at this physical address.
std::unique_ptr<Translation> block_at(uint64_t physical_pc, unsigned step_count) {
  ir::Block block;
  for (unsigned n = 0; n < step_count; ++n) {
    block.points.push_back({.offset = static_cast<uint16_t>((physical_pc & kPageMask) + 4 * n), .length = 4});
  }
  auto t = std::make_unique<Translation>();
  t->physical_pc = physical_pc;
  t->lines = lines_of(block);
  t->step_count = block.step_count();
  return t;
}

constexpr uint64_t kPage = 0x80001000;

TEST(CodeMap, LinesAreOf64Bytes) {
  EXPECT_EQ(block_at(kPage, 1)->lines, 1u);
  EXPECT_EQ(block_at(kPage + 60, 1)->lines, 1u);
  EXPECT_EQ(block_at(kPage + 62, 1)->lines, 3u);  // the second half of it lies in the next line
  EXPECT_EQ(block_at(kPage + 64, 16)->lines, 2u);
  EXPECT_EQ(block_at(kPage + 0xffc, 1)->lines, 1ull << 63);
}

TEST(CodeMap, FindsWhatWasInserted) {
  CodeMap map;
  EXPECT_EQ(map.find(kPage), nullptr);
  EXPECT_FALSE(map.holds(Gpa{kPage}));
  Translation* t = map.insert(block_at(kPage, 4));
  EXPECT_EQ(map.find(kPage), t);
  EXPECT_EQ(map.find(kPage + 4), nullptr) << "only by its first instruction";
  EXPECT_TRUE(map.holds(Gpa{kPage + 0x800}));
  EXPECT_FALSE(map.holds(Gpa{kPage + 0x1000}));
}

TEST(CodeMap, AStoreDropsTheBlocksOfItsLinesOnly) {
  CodeMap map;
  Translation* before = map.insert(block_at(kPage, 4));
  Translation* hit = map.insert(block_at(kPage + 0x38, 4));  // lines 0 and 1
  Translation* behind = map.insert(block_at(kPage + 0x80, 4));
  Translation* elsewhere = map.insert(block_at(kPage + 0x1040, 4));
  EXPECT_EQ(map.drop(Gpa{kPage + 0x40}, 8), std::vector<Translation*>{hit});
  EXPECT_TRUE(hit->dropped);
  EXPECT_EQ(map.find(kPage + 0x38), nullptr);
  EXPECT_EQ(map.find(kPage), before);
  EXPECT_EQ(map.find(kPage + 0x80), behind);
  EXPECT_EQ(map.find(kPage + 0x1040), elsewhere);
  EXPECT_TRUE(map.drop(Gpa{kPage + 0x40}, 8).empty()) << "dropped once";
}

TEST(CodeMap, AStoreAcrossLinesDropsBoth) {
  CodeMap map;
  map.insert(block_at(kPage, 4));
  map.insert(block_at(kPage + 0x40, 4));
  EXPECT_EQ(map.drop(Gpa{kPage + 0x3c}, 8).size(), 2u);
  EXPECT_FALSE(map.holds(Gpa{kPage}));
}

TEST(CodeMap, AWholePageDropsAll) {
  CodeMap map;
  for (uint64_t offset = 0; offset < kPageSize; offset += 64) map.insert(block_at(kPage + offset, 1));
  EXPECT_EQ(map.size(), 64u);
  EXPECT_EQ(map.drop(Gpa{kPage}, kPageSize).size(), 64u);
  EXPECT_EQ(map.size(), 0u);
}

// A byte of data beside code in its line costs the block; what was dropped may be translated again.
TEST(CodeMap, WhatWasDroppedCanComeBack) {
  CodeMap map;
  Translation* first = map.insert(block_at(kPage, 1));
  map.drop(Gpa{kPage + 63}, 1);
  Translation* second = map.insert(block_at(kPage, 1));
  EXPECT_EQ(map.find(kPage), second);
  EXPECT_TRUE(first->dropped) << "it may be running, so it is still there";
  EXPECT_EQ(map.drop(Gpa{kPage}, 0).size(), 1u) << "a store of no bytes is one of one";
}

TEST(CodeMap, ClearForgetsAll) {
  CodeMap map;
  map.insert(block_at(kPage, 4));
  map.clear();
  EXPECT_EQ(map.size(), 0u);
  EXPECT_FALSE(map.holds(Gpa{kPage}));
  EXPECT_TRUE(map.drop(Gpa{kPage}, kPageSize).empty());
}

}  // namespace
}  // namespace recount::jit
