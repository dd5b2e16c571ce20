#include "debug/query/task_names.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace recount {
namespace {

class TaskNamesTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kFirst = 0x80001000, kOther = 0x80008000, kComm = 0x5f8;
  void put(uint64_t address, const std::string& text) {
    ASSERT_TRUE(ram_->write(Gpa{address}, {reinterpret_cast<const uint8_t*>(text.c_str()), text.size() + 1}));
  }
  TaskNames names() { return {view_, Symbols({{"init_task", kFirst, 'D'}, {"end", kFirst + 8192, 'D'}})}; }

  std::unique_ptr<Ram> ram_ = Ram::create(Gpa{0x80000000}, 1 << 20).value();
  GuestView view_{*ram_, AddressSpace{0}};
};

TEST_F(TaskNamesTest, StandWhereTheFirstTasksNameStands) {
  put(kFirst + 0x100, "swappers");  // another word
  put(kFirst + kComm, "swapper/0");
  put(kOther + kComm, "sh");
  EXPECT_EQ(names().name_of(view_, kOther), "sh");
  EXPECT_EQ(names().name_of(view_, kFirst), "swapper/0");
}

TEST_F(TaskNamesTest, WithoutALinuxKernelThereAreNone) {
  EXPECT_FALSE(names().known());
  EXPECT_EQ(names().name_of(view_, kOther), "");
  EXPECT_FALSE(TaskNames(view_, Symbols()).known());
  EXPECT_FALSE(TaskNames(view_, Symbols({{"init_task", ~0ull, 'D'}})).known());
}

TEST_F(TaskNamesTest, WhatTheGuestCallsATaskIsBoundedAndPrintable) {
  put(kFirst + kComm, "swapper");
  put(kOther + kComm, "\x1b[2J\xff a name without an end that goes on and on");
  EXPECT_EQ(names().name_of(view_, kOther), "?[2J? a name wit");
  EXPECT_EQ(names().name_of(view_, ~0ull), "");
  EXPECT_EQ(names().name_of(view_, 0x80000000 + (1 << 20) - kComm), "");
}

}  // namespace
}  // namespace recount
