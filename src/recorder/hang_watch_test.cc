#include "recorder/hang_watch.h"

#include <gtest/gtest.h>

namespace recount {
namespace {

constexpr uint64_t kLimit = 1'000'000;

struct HangWatchTest : ::testing::Test {
  // Whether a hang was told of within so many looks.
  bool look(unsigned times, uint64_t ticks_each, bool kept = true) {
    bool told = false;
    for (unsigned i = 0; i < times; ++i) told = watch.look(kept, now += ticks_each) || told;
    return told;
  }
  HangWatch watch{kLimit};
  uint64_t now = 5;
};

TEST_F(HangWatchTest, TellsOnceWhenTheLimitIsReached) {
  EXPECT_FALSE(look(499, 2'000));
  EXPECT_TRUE(look(2, 2'000));
  EXPECT_FALSE(look(5'000, 2'000));
}

TEST_F(HangWatchTest, OneInterruptLetInBeginsItAnew) {
  EXPECT_FALSE(look(499, 2'000));
  look(1, 2'000, false);
  EXPECT_FALSE(look(499, 2'000));
  EXPECT_TRUE(look(2, 2'000));
  look(1, 2'000, false);
  EXPECT_TRUE(look(501, 2'000));
}

TEST_F(HangWatchTest, TimeInWhichNobodyRanIsNoHang) {
  EXPECT_FALSE(look(1, 100 * kLimit));
  EXPECT_FALSE(look(90, kLimit));  // too seldom looked at to know
  EXPECT_TRUE(look(20, kLimit));
}

TEST_F(HangWatchTest, WithoutALimitNothingIsAHang) {
  HangWatch none(std::nullopt);
  for (uint64_t at = 0; at < 1000 * kLimit; at += kLimit) EXPECT_FALSE(none.look(true, at));
}

}  // namespace
}  // namespace recount
