#pragma once
// Ties guest time to the host's monotonic clock: says when a new anchor is due, and at what rate time goes on
// from there. Only recording uses it; a replay takes its anchors from the journal. Knows no clock itself.

#include <cstdint>
#include <optional>

#include "event/event.h"

namespace recount {

class TimeKeeper {
 public:
  // Power-on is now.
  explicit TimeKeeper(uint64_t host_ns) : start_ns_(host_ns) {}

  // The anchor to apply at this position, if guest time has drifted or the rate no longer fits: the guest may
  // be off by kTolerance while it runs, and catches up at once after it has waited. waited: the guest has
  // been idle since the last call, so the time gone says nothing about its speed.
  std::optional<TimeAnchor> anchor(uint64_t steps, uint64_t guest_ticks, uint64_t host_ns, bool waited);

  uint64_t host_ticks(uint64_t host_ns) const { return (host_ns - start_ns_) / kNsPerTick; }
  uint64_t host_ns_at(uint64_t ticks) const { return start_ns_ + ticks * kNsPerTick; }

 private:
  static constexpr uint64_t kNsPerTick = 100;
  static constexpr uint64_t kToleranceTicks = 5000;  // 0.5 ms

  const uint64_t start_ns_;
  uint64_t last_steps_ = 0;
  uint64_t last_ticks_ = 0;  // the host's, at the last anchor
  uint64_t rate_ = 0;
};

}  // namespace recount
