#include "device/watchdog.h"

#include <gtest/gtest.h>

#include "event/guest_time.h"

namespace recount {
namespace {

constexpr uint64_t kControl = 0x10, kConfig = 0x14, kMode = 0x18;
constexpr uint32_t kFeed = 0xa57 << 1 | 1, kWholeSystem = 1, kEnable = 1;
constexpr uint32_t interval(uint32_t n) { return n << 4; }

class WatchdogTest : public ::testing::Test, public ClockPort {
 protected:
  uint64_t now_ticks() const override { return now_; }
  void write(uint64_t offset, uint32_t value) { watchdog_.mmio_write(offset, 4, value); }
  void wait_s(double seconds) {
    now_ += static_cast<uint64_t>(seconds * kTicksPerSecond);
    watchdog_.check();
  }
  void start(uint32_t n) {
    write(kConfig, kWholeSystem);
    write(kMode, interval(n) | kEnable);
  }

  uint64_t now_ = 77;
  Watchdog watchdog_{*this};
};

TEST_F(WatchdogTest, IsOffAtPowerOn) {
  EXPECT_EQ(watchdog_.expiry_ticks(), ~0ull);
  wait_s(1000);
  EXPECT_FALSE(watchdog_.expired());
}

TEST_F(WatchdogTest, ExpiresWhenItsIntervalIsOver) {
  constexpr double kSeconds[] = {0.5, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16};
  for (uint32_t n = 0; n < std::size(kSeconds); ++n) {
    start(n);
    EXPECT_EQ(watchdog_.expiry_ticks(), now_ + static_cast<uint64_t>(kSeconds[n] * kTicksPerSecond));
    write(kMode, 0);
  }
  start(1);
  now_ = watchdog_.expiry_ticks() - 1;
  watchdog_.check();
  EXPECT_FALSE(watchdog_.expired());
  ++now_;
  watchdog_.check();
  EXPECT_TRUE(watchdog_.expired());
}

TEST_F(WatchdogTest, FedItDoesNotExpire) {
  start(2);
  for (int i = 0; i < 10; ++i) {
    wait_s(1.5);
    write(kControl, kFeed);
  }
  EXPECT_FALSE(watchdog_.expired());
  wait_s(2);
  EXPECT_TRUE(watchdog_.expired());
}

TEST_F(WatchdogTest, OnlyTheKeyFeeds) {
  start(2);
  wait_s(1);
  for (uint32_t wrong : {0u, 1u, kFeed & ~1u, kFeed | 1u << 16}) write(kControl, wrong);
  watchdog_.mmio_write(kControl, 2, kFeed);
  start(2);  // neither does setting it to what it is
  wait_s(1);
  EXPECT_TRUE(watchdog_.expired());
}

TEST_F(WatchdogTest, StoppedOrWithoutTheResetItDoesNotExpire) {
  start(1);
  write(kMode, 0);
  wait_s(2);
  EXPECT_FALSE(watchdog_.expired());
  start(1);
  write(kConfig, 2);  // an interrupt only
  wait_s(2);
  EXPECT_FALSE(watchdog_.expired());
}

TEST_F(WatchdogTest, RegistersHoldTheirFieldsOnly) {
  write(kConfig, ~0u);
  write(kMode, ~0u);
  EXPECT_EQ(watchdog_.mmio_read(kConfig, 4), 3u);
  EXPECT_EQ(watchdog_.mmio_read(kMode, 4), 0xf1u);
  EXPECT_EQ(watchdog_.mmio_read(kControl, 4), 0u);
  EXPECT_TRUE(watchdog_.possible());
}

}  // namespace
}  // namespace recount
