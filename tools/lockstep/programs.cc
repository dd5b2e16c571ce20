// Random programs, one after another: each made anew, and run on all engines.

#include <fmt/format.h>

#include "lockstep/lockstep.h"
#include "support/program_lockstep.h"

namespace recount::lockstep {

int run_programs(const ProgramOptions& options) {
  Progress progress;
  uint64_t steps = 0, ended_early = 0;
  auto say = [&](uint64_t done, const char* verdict) {
    fmt::print("{} programs from seed {} on, {} steps on each of {} engines, {} ended early, {}, {} s\n", done, options.seed,
               steps, options.engines.size(), ended_early, verdict, progress.seconds());
    std::fflush(stdout);
  };
  for (uint64_t done = 0; done < options.count; ++done) {
    test::ProgramRun run = test::run_in_lockstep(options.seed + done, options.engines, options.most_steps);
    steps += run.steps;
    ended_early += run.ended_early ? 1 : 0;
    if (!run.difference.empty()) {
      fmt::print("seed {}: {}", options.seed + done, run.difference);
      return kDiffer;
    }
    if (progress.due()) say(done + 1, "no difference so far");
  }
  say(options.count, "no difference");
  return kSame;
}

}  // namespace recount::lockstep
