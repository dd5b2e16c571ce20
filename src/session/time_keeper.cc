#include "session/time_keeper.h"

#include <algorithm>

namespace recount {
namespace {

// Ticks per step, 32.32. At 10 MHz: from 10 billion steps a second to one million.
constexpr uint64_t kSlowest = (10'000'000ull << 32) / 10'000'000'000ull;
constexpr uint64_t kFastest = (10'000'000ull << 32) / 1'000'000ull;
constexpr uint64_t kFirst = (10'000'000ull << 32) / 100'000'000ull;
// Rates are journalled in few bytes.
constexpr uint64_t kQuantum = 1 << 16;

}  // namespace

std::optional<TimeAnchor> TimeKeeper::anchor(uint64_t steps, uint64_t guest_ticks, uint64_t host_ns,
                                             bool waited) {
  uint64_t now = host_ticks(host_ns);
  uint64_t off = now > guest_ticks ? now - guest_ticks : guest_ticks - now;
  if (rate_ != 0 && !waited && off < kToleranceTicks) return std::nullopt;

  uint64_t done = steps - last_steps_;
  uint64_t rate = rate_ == 0 ? kFirst : rate_;
  if (done > 10'000 && !waited) rate = ((now - last_ticks_) << 32) / done;
  rate = std::clamp(rate, kSlowest, kFastest);
  last_steps_ = steps;
  last_ticks_ = now;
  // Time never goes back: a guest that is ahead runs slower until the host has caught up.
  if (guest_ticks > now) {
    uint64_t ahead = guest_ticks - now;
    rate = std::max(kSlowest, ahead > 20'000 ? rate / 4 : rate - rate / 4);
    now = guest_ticks;
  }
  rate_ = std::max(rate / kQuantum, uint64_t{1}) * kQuantum;
  return TimeAnchor{now, rate_};
}

}  // namespace recount
