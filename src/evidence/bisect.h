#pragma once
// Finds the first step at which two replays of one evidence file differ: two engines, and the one that is
// wrong. Runs both in stretches, then halves the stretch in which they part.

#include "evidence/replayer.h"

namespace recount {

struct Bisection {
  // The states are equal at this position, and differ one step later. None: the two replays agree with each
  // other all the way, so it is the recording that both differ from.
  std::optional<Position> last_equal;
  std::string difference;  // which register, device or frame, and both values
  uint64_t pc = 0;         // of the step that differs
  Divergence divergence;   // what was bisected
  Position last_matching_digest{};
};

// replayer has not run yet; other is the engine to compare it with. divergence: how replayer's engine left
// the recording.
Result<Bisection> bisect(Replayer& replayer, Caching other, const Divergence& divergence);
std::string describe(const Bisection& bisection);

}  // namespace recount
