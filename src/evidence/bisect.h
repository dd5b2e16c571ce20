#pragma once
// Finds the first step at which two replays differ that should be the same: of one evidence file by two
// engines, say. Halves the stretch in which they part.

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

// a and b are at one position, in one state, and should stay so. divergence: how a leaves the recording.
// Neither runs: their clones do.
Result<Bisection> bisect(Replayer& a, Replayer& b, const Divergence& divergence);
// replayer, which has not run yet, against the same machine under another engine. Runs replayer up to the
// last digest that matches.
Result<Bisection> bisect_engines(Replayer& replayer, EngineKind other, const Divergence& divergence);
std::string describe(const Bisection& bisection);

}  // namespace recount
