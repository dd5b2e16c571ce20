#include "recorder/evidence_limits.h"

#include <gtest/gtest.h>

namespace recount {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

TEST(EvidenceLimits, OneOfACauseInAnInterval) {
  EvidenceLimits limits({.interval_ns = 30 * kSecond});
  EXPECT_TRUE(limits.admit({"oom", "a"}, 100 * kSecond).save);
  auto second = limits.admit({"oom", "b"}, 112 * kSecond);
  EXPECT_FALSE(second.save);
  EXPECT_EQ(second.say, "oom: b: not saved, nor what follows: the last evidence of it is 12 s old, and --save-interval is 30 s");
  auto third = limits.admit({"oom", "c"}, 129 * kSecond);
  EXPECT_FALSE(third.save);
  EXPECT_EQ(third.say, "") << "one line, not one for each";
  EXPECT_TRUE(limits.admit({"unit", "x"}, 129 * kSecond).save) << "another cause";
  auto fourth = limits.admit({"oom", "d"}, 130 * kSecond);
  EXPECT_TRUE(fourth.save);
  EXPECT_EQ(fourth.say, "oom: 2 since the last evidence of it were not saved");
  EXPECT_FALSE(limits.admit({"oom", "e"}, 159 * kSecond).save) << "counted from what was saved last";
}

TEST(EvidenceLimits, WithoutAnIntervalEachIsSaved) {
  EvidenceLimits limits({});
  for (uint64_t i = 0; i < 5; ++i) EXPECT_TRUE(limits.admit({"unit", "x"}, 7).save);
}

TEST(EvidenceLimits, WhatCouldNotBeSavedDoesNotCount) {
  EvidenceLimits limits({.interval_ns = 30 * kSecond});
  EXPECT_TRUE(limits.admit({"oom", "a"}, 0).save);
  limits.not_saved("oom");
  EXPECT_TRUE(limits.admit({"oom", "b"}, 1).save);
}

std::vector<std::string> paths(const std::vector<EvidenceLimits::Removal>& removals) {
  std::vector<std::string> paths;
  for (const auto& r : removals) paths.push_back(r.path);
  return paths;
}

TEST(EvidenceLimits, TheOldestGoWhereThereAreTooMany) {
  EvidenceLimits limits({.keep = 2});
  EXPECT_TRUE(limits.add("a", 1).empty());
  EXPECT_TRUE(limits.add("b", 1).empty());
  EXPECT_EQ(paths(limits.add("c", 1)), std::vector<std::string>{"a"});
  EXPECT_EQ(paths(limits.add("d", 1)), std::vector<std::string>{"b"});
}

TEST(EvidenceLimits, TheOldestGoUntilTheNewestFits) {
  EvidenceLimits limits({.max_size_bytes = 100});
  EXPECT_TRUE(limits.add("a", 40).empty());
  EXPECT_TRUE(limits.add("b", 60).empty());
  EXPECT_EQ(paths(limits.add("c", 30)), std::vector<std::string>{"a"});
  EXPECT_EQ(paths(limits.add("d", 80)), (std::vector<std::string>{"b", "c"}));
}

TEST(EvidenceLimits, TheNewestStaysHoweverLargeItIs) {
  EvidenceLimits limits({.keep = 0, .max_size_bytes = 10});
  EXPECT_TRUE(limits.add("a", 1000).empty());
  auto removals = limits.add("b", 2000);
  ASSERT_EQ(removals.size(), 1u);
  EXPECT_EQ(removals[0].path, "a");
  EXPECT_EQ(removals[0].why, "--evidence-keep 0");
}

}  // namespace
}  // namespace recount
