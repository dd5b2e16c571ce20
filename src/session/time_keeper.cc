#include "session/time_keeper.h"

#include <algorithm>

namespace recount {
namespace {

// Ticks per step, 32.32. At 10 MHz: from 10 billion steps a second to one million.
constexpr uint64_t kSlowest = (kTicksPerSecond << 32) / 10'000'000'000ull;
constexpr uint64_t kFastest = (kTicksPerSecond << 32) / 1'000'000ull;
// Rates are journalled in few bytes.
constexpr uint64_t kQuantum = 1 << 16;
// Shorter slices are mostly overhead.
constexpr uint64_t kTellingSteps = 10'000;

}  // namespace

// A slow average that one odd slice cannot move far: the host may have taken the processor away in the middle
// of it.
void TimeKeeper::learn_speed(uint64_t steps, uint64_t host_ticks) {
  uint64_t done = steps - last_steps_;
  if (done < kTellingSteps) return;
  uint64_t slice_rate = ((host_ticks - last_host_ticks_) << 32) / done;
  uint64_t rate = std::clamp(slice_rate, usual_rate_ / 2, usual_rate_ * 2);
  constexpr uint64_t kWeight = 16;
  usual_rate_ = std::clamp((usual_rate_ * (kWeight - 1) + rate) / kWeight, kSlowest, kFastest);
  fastest_rate_ = std::clamp(slice_rate, kSlowest, usual_rate_);
}

TimeAnchor TimeKeeper::make(uint64_t ticks, uint64_t rate) {
  return {ticks, std::max(rate / kQuantum, uint64_t{1}) * kQuantum};
}

std::optional<TimeAnchor> TimeKeeper::anchor(uint64_t steps, uint64_t guest_ticks, uint64_t host_ns,
                                             bool waited) {
  uint64_t now = host_ticks(host_ns);
  if (started_ && !waited) learn_speed(steps, now);
  last_steps_ = steps;
  last_host_ticks_ = now;

  bool ahead = guest_ticks > now;
  uint64_t off = ahead ? guest_ticks - now : now - guest_ticks;
  bool caught_up = braking_ && (!ahead || off < kCaughtUpTicks);
  bool brakes_too_weakly = braking_ && ahead && off > *braking_ + kToleranceTicks / 2;
  bool out_of_bounds = off >= kToleranceTicks && !(ahead && braking_);
  if (started_ && !waited && !caught_up && !brakes_too_weakly && !out_of_bounds) return std::nullopt;
  started_ = true;
  // Time never goes back: a guest that is ahead runs at half its speed until the host has caught up.
  braking_ = ahead && off >= kCaughtUpTicks ? std::optional(off) : std::nullopt;
  return make(std::max(guest_ticks, now), braking_ ? fastest_rate_ / 2 : usual_rate_);
}

}  // namespace recount
