// Which accesses share a check; that sharing it cannot be seen is tests/caches_test.cc's and equivalence_test.cc's.

#include "engine/x64/access_groups.h"

#include <gtest/gtest.h>

#include "engine/ir/builder.h"

namespace recount::x64 {
namespace {

using ir::Opcode;
using ir::Value;

class AccessGroupsTest : public testing::Test {
 protected:
  AccessGroupsTest() { ir_.begin_step({}); }

  size_t load(Value base, int64_t imm, unsigned width = 8) {
    return ir_.add({.op = Opcode::kLoad, .width = static_cast<uint8_t>(width), .a = base, .imm = imm});
  }
  size_t store(Value base, int64_t imm) {
    return ir_.add({.op = Opcode::kStore, .width = 8, .a = base, .b = base, .imm = imm});
  }
  const AccessGroup* group_of(size_t n) {
    groups_.find(block_);
    return groups_.of(n);
  }

  ir::Block block_;
  ir::Builder ir_{block_};
  AccessGroups groups_;
};

TEST_F(AccessGroupsTest, AccessesThroughOneBaseAreAGroup) {
  Value base = ir_.get(2);
  size_t a = load(base, 8), b = load(base, -16, 4), c = load(base, 0, 1);
  const AccessGroup* g = group_of(a);
  ASSERT_NE(g, nullptr);
  EXPECT_EQ(groups_.of(b), g);
  EXPECT_EQ(groups_.of(c), g);
  EXPECT_EQ(g->begin, -16);
  EXPECT_EQ(g->end, 16);
  EXPECT_EQ(g->first, a);
  EXPECT_EQ(g->last, c);
}

TEST_F(AccessGroupsTest, TwoAreNotWorthIt) {
  Value base = ir_.get(2);
  size_t a = load(base, 0);
  load(base, 8);
  EXPECT_EQ(group_of(a), nullptr);
}

TEST_F(AccessGroupsTest, LoadsAndStoresAreApart) {
  Value base = ir_.get(2);
  size_t a = load(base, 0), b = store(base, 8);
  load(base, 16);
  store(base, 24);
  EXPECT_EQ(group_of(a), nullptr);
  EXPECT_EQ(groups_.of(b), nullptr);
}

TEST_F(AccessGroupsTest, OtherBasesAreOtherGroups) {
  Value base = ir_.get(2), other = ir_.get(3);
  size_t a = load(base, 0), b = load(other, 0);
  for (int64_t imm : {8, 16}) {
    load(base, imm);
    load(other, imm);
  }
  ASSERT_NE(group_of(a), nullptr);
  ASSERT_NE(groups_.of(b), nullptr);
  EXPECT_NE(groups_.of(a), groups_.of(b));
  EXPECT_NE(groups_.of(a)->word, groups_.of(b)->word);
}

TEST_F(AccessGroupsTest, NoGroupGoesOnBehindAStep) {
  Value base = ir_.get(2);
  size_t a = load(base, 0);
  load(base, 8);
  ir_.step(ir::StepKind::kGoesOn);
  size_t b = load(base, 16);
  EXPECT_EQ(group_of(a), nullptr);
  EXPECT_EQ(groups_.of(b), nullptr);
}

TEST_F(AccessGroupsTest, NoGroupReachesFurtherThanItsSpan) {
  Value base = ir_.get(2);
  size_t a = load(base, 0), far = load(base, kMostGroupSpan), last = load(base, kMostGroupSpan - 8);
  size_t between = load(base, 64);
  ASSERT_NE(group_of(a), nullptr);
  EXPECT_EQ(groups_.of(last), groups_.of(a));
  EXPECT_EQ(groups_.of(between), groups_.of(a));
  EXPECT_EQ(groups_.of(far), nullptr);
}

TEST_F(AccessGroupsTest, GroupsThatLastTogetherHaveWordsOfTheirOwnAndThereAreOnlySoMany) {
  std::vector<size_t> first;
  for (unsigned n = 0; n <= kGroupCount; ++n) first.push_back(load(ir_.get(n + 1), 0));
  for (int64_t imm : {8, 16}) {
    for (size_t n : first) load(block_.insts[n].a, imm);
  }
  group_of(0);
  uint32_t words = 0;
  for (unsigned n = 0; n < kGroupCount; ++n) {
    ASSERT_NE(groups_.of(first[n]), nullptr);
    words |= 1u << groups_.of(first[n])->word;
  }
  EXPECT_EQ(words, (1u << kGroupCount) - 1);
  EXPECT_EQ(groups_.of(first[kGroupCount]), nullptr);
}

TEST_F(AccessGroupsTest, AWordIsUsedAgainBehindItsGroup) {
  for (unsigned n = 0; n <= kGroupCount; ++n) {
    Value base = ir_.get(n + 1);
    size_t a = load(base, 0);
    for (int64_t imm : {8, 16}) load(base, imm);
    ASSERT_NE(group_of(a), nullptr);
    EXPECT_EQ(groups_.of(a)->word, 0u);
  }
}

}  // namespace
}  // namespace recount::x64
