#include "support/program_lockstep.h"

#include <algorithm>

#include "support/lockstep.h"
#include "support/random_program.h"

namespace recount::test {

ProgramRun run_in_lockstep(uint64_t seed, const std::vector<EngineKind>& engines, uint64_t most_steps,
                           const std::function<void(const HartState&)>& look, unsigned harts) {
  constexpr uint64_t kLongestSlice = 200, kMemoryEvery = 16;
  RandomProgram program = make_random_program(seed);
  Random random(seed);
  Lockstep lockstep([&](EngineKind engine) { return load(program, engine, harts); }, engines);
  ProgramRun run;
  for (uint64_t slice = 0; run.steps < most_steps && !run.ended_early; ++slice) {
    Position target{std::min(run.steps + 1 + below(random, kLongestSlice), most_steps)};
    bool memory_too = slice % kMemoryEvery == 0 || raw(target) == most_steps;
    bool same = lockstep.run_until(target, memory_too ? Lockstep::Compare::kStateAndMemory : Lockstep::Compare::kState);
    run.ended_early = lockstep.stop() != Stop::kPosition;
    if (same && run.ended_early) same = lockstep.run_until(lockstep.at(), Lockstep::Compare::kStateAndMemory);
    run.steps = raw(lockstep.at());
    if (!same) {
      run.difference = lockstep.explain();
      return run;
    }
    if (look) look(lockstep.first().machine().hart());
  }
  return run;
}

}  // namespace recount::test
