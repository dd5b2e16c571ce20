#pragma once
// Guest time as a function of position: docs/determinism.md, "Time". One per machine; harts and
// devices read it, only the session's TimeAnchor events change how it runs on.

#include <cstdint>
#include <limits>

namespace recount {

inline constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

struct Timebase {
  uint64_t steps = 0;  // position: steps since power-on
  uint64_t anchor_steps = 0;
  uint64_t anchor_ticks = 0;  // 10 MHz
  uint64_t rate = 0;          // ticks per step, 32.32 fixed point

  uint64_t ticks() const { return ticks_at(steps); }
  uint64_t ticks_at(uint64_t at_steps) const {
    __extension__ using Wide = unsigned __int128;
    return anchor_ticks + static_cast<uint64_t>((Wide{at_steps - anchor_steps} * rate) >> 32);
  }

  // The first step count, now or later, at which ticks() >= target; kNever if the rate is 0.
  uint64_t steps_at(uint64_t target) const {
    __extension__ using Wide = unsigned __int128;
    if (ticks() >= target) return steps;
    if (rate == 0) return kNever;
    Wide at = ((Wide{target - anchor_ticks} << 32) + rate - 1) / rate + anchor_steps;
    return at > kNever ? kNever : static_cast<uint64_t>(at);
  }

  // False for values that no recording comes to, such as a sum that would overflow.
  bool possible() const {
    constexpr uint64_t kFarAway = 1ull << 62, kFastestRate = 1ull << 40;
    return steps < kFarAway && anchor_steps <= steps && anchor_ticks < kFarAway && rate < kFastestRate;
  }

  template <class Archive>
  void state(Archive& a) {
    a("steps", steps);
    a("anchor_steps", anchor_steps);
    a("anchor_ticks", anchor_ticks);
    a("rate", rate);
  }
};

}  // namespace recount
