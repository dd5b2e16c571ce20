#pragma once
// A random program on several engines in lockstep, stopped and compared at random places.

#include <functional>
#include <string>
#include <vector>

#include "engine/engine_kind.h"
#include "hart/hart_state.h"

namespace recount::test {

struct ProgramRun {
  uint64_t steps = 0;
  bool ended_early = false;  // it destroyed its own handlers, or turned the machine off
  std::string difference;    // empty: none
};

// The program of that seed, for at most so many steps. look sees the hart whose turn it is at each comparison.
ProgramRun run_in_lockstep(uint64_t seed, const std::vector<EngineKind>& engines, uint64_t most_steps,
                           const std::function<void(const HartState&)>& look = {}, unsigned harts = 1);

}  // namespace recount::test
