#include "debug/query/instruction_counts.h"

#include <gtest/gtest.h>

namespace recount {
namespace {

Step step_at(uint64_t pc, Privilege privilege = Privilege::kSupervisor, uint64_t satp = 0) {
  return {.pc = pc, .privilege = privilege, .satp = satp, .trap = {}};
}

TEST(InstructionCountsTest, FunctionsHaveWhatRanInThem) {
  InstructionCounts counts;
  for (uint64_t pc : {0x1000, 0x1004, 0x1004, 0x2002}) counts.add(step_at(pc));
  auto functions =
      counts.by_function(Symbols({{"one", 0x1000, 't'}, {"two", 0x2000, 't'}, {"end", 0x3000, 't'}}));
  ASSERT_EQ(functions.size(), 2u);
  EXPECT_EQ(functions[0].name, "one");
  EXPECT_EQ(functions[0].steps, 3u);
  EXPECT_EQ(functions[0].pcs, 2u);
  EXPECT_EQ(functions[1].name, "two");
  EXPECT_EQ(functions[1].address, 0x2002u);
}

TEST(InstructionCountsTest, WhatEntersAHandlerIsNoInstruction) {
  InstructionCounts counts;
  Step trapped = step_at(0x1000);
  trapped.trap = 8;
  counts.add(trapped);
  EXPECT_EQ(counts.steps(), 0u);
  EXPECT_EQ(counts.traps(), 1u);
  EXPECT_TRUE(counts.by_function(Symbols()).empty());
}

TEST(InstructionCountsTest, UserSpaceIsNotTheKernels) {
  InstructionCounts counts;
  counts.add(step_at(0x1000, Privilege::kUser, 8ull << 60 | 0x81234));
  counts.add(step_at(0x1000, Privilege::kUser, 8ull << 60 | 0x85678));
  counts.add(step_at(0x1000));
  EXPECT_EQ(counts.pcs(), 3u);
  auto functions = counts.by_function(Symbols({{"one", 0x1000, 't'}, {"end", 0x3000, 't'}}));
  ASSERT_EQ(functions.size(), 3u);
  EXPECT_EQ(functions[0].name, "[user 0x81234]");
  EXPECT_EQ(functions[2].name, "one");
}

}  // namespace
}  // namespace recount
