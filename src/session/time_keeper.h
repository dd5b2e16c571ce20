#pragma once
// Ties guest time to the host's monotonic clock: says when a new anchor is due, and at what rate time goes on
// from there. Only recording uses it; a replay takes its anchors from the journal. Knows no clock itself.

#include <cstdint>
#include <optional>

#include "event/event.h"
#include "event/guest_time.h"

namespace recount {

class TimeKeeper {
 public:
  // Power-on is now.
  explicit TimeKeeper(uint64_t host_ns) : start_ns_(host_ns) {}

  // After each slice: the anchor to apply at this position, if there must be one. Anchors are journalled, so
  // there are few: while guest and host agree within a millisecond, none. waited: the guest has been idle
  // since the last call, so the time gone says nothing about its speed.
  std::optional<TimeAnchor> anchor(uint64_t steps, uint64_t guest_ticks, uint64_t host_ns, bool waited);

  // The host's clock, which should never, has gone back by so much: time goes on from where it was.
  void clock_went_back(uint64_t by_ns) { start_ns_ -= by_ns; }

  // Both wrap around: power-on may lie before the clock's zero.
  uint64_t host_ticks(uint64_t host_ns) const { return (host_ns - start_ns_) / kNsPerTick; }
  uint64_t host_ns_at(uint64_t ticks) const { return start_ns_ + ticks * kNsPerTick; }

 private:
  static constexpr uint64_t kToleranceTicks = 10'000;  // 1 ms
  static constexpr uint64_t kCaughtUpTicks = 2'000;
  static constexpr uint64_t kFirstRate =
      (kTicksPerSecond << 32) / 100'000'000ull;  // a guess: 100 million steps a second

  void learn_speed(uint64_t steps, uint64_t host_ticks);
  TimeAnchor make(uint64_t ticks, uint64_t rate);

  uint64_t start_ns_;
  uint64_t last_steps_ = 0, last_host_ticks_ = 0;  // at the last call
  uint64_t usual_rate_ = 0;                        // ticks per step as the guest ran lately, 32.32
  uint64_t fastest_rate_ =
      kFirstRate;  // the lower of that and of the last slice: no host makes a guest seem faster
  bool started_ = false;
  std::optional<uint64_t> braking_;  // guest time runs slow, since it was so many ticks ahead
};

}  // namespace recount
