// A Linux guest on all engines: stopped at random distances, compared there, memory and all at every eighth.

#include <fmt/format.h>

#include "lockstep/lockstep.h"
#include "support/lockstep.h"
#include "support/seed.h"

namespace recount::lockstep {
namespace {

using test::Lockstep;
using test::TestMachine;

constexpr uint64_t kMemoryEvery = 8, kCheckpointEvery = 64;  // comparisons

// Guest time, and what is typed at which positions.
std::vector<Event> make_events(const LinuxOptions& options, test::Random& random) {
  constexpr uint64_t kMostDistance = 20'000'000, kMostBytes = 40;
  auto events = test::time_at_rate(test::kStepRate);
  if (!options.input) return events;
  for (uint64_t at = 0; at < options.most_steps;) {
    at += 1 + test::below(random, kMostDistance);
    Bytes typed(1 + test::below(random, kMostBytes));
    for (uint8_t& byte : typed) byte = static_cast<uint8_t>(random());
    events.push_back({Position{at}, ConsoleInput{test::chance(random, 50) ? ConsoleId::kUart : ConsoleId::kVirtio, typed}});
  }
  return events;
}

const char* name_of(Stop stop) {
  switch (stop) {
    case Stop::kPosition: return "the steps that were asked for";
    case Stop::kIdle: return "the guest waits for ever";
    case Stop::kPoweroff: return "power-off";
    case Stop::kReset: return "a reset";
    case Stop::kFailed: return "a failure that the guest reported";
    case Stop::kWatchdog: return "a watchdog that nobody fed";
    case Stop::kTrapLoop: return "a trap loop";
    case Stop::kDebugger: return "a debugger";
  }
  return "";
}

}  // namespace

int run_linux(const LinuxOptions& options) {
  fmt::print("seed {}\n", options.seed);
  std::fflush(stdout);  // a machine may end the program
  test::Random random(options.seed);
  MachineConfig config;
  config.ram_bytes = options.ram_bytes;
  config.append = options.append;
  BootImages images{.firmware = {}, .kernel = test::read_or_die(options.kernel), .initrd = {}};
  if (!options.initrd.empty()) images.initrd = test::read_or_die(options.initrd);
  auto events = make_events(options, random);
  Lockstep lockstep(
      [&](EngineKind engine) {
        MachineConfig with = config;
        with.engine = engine;
        auto machine = std::make_unique<TestMachine>(with, images);
        machine->set_events(events);
        return machine;
      },
      options.engines);

  Progress progress;
  uint64_t compared = 0, memory_compared = 0;
  auto say = [&](const std::string& verdict) {
    fmt::print("seed {}: {} steps on each of {} engines, {} states compared, {} of them with memory, {}, {} s\n", options.seed,
               raw(lockstep.at()), options.engines.size(), compared, memory_compared, verdict, progress.seconds());
    std::fflush(stdout);
  };
  for (bool over = false; !over;) {
    Position target{std::min(raw(lockstep.at()) + 1 + test::below(random, options.longest_slice), options.most_steps)};
    bool memory_too = ++compared % kMemoryEvery == 0 || raw(target) == options.most_steps;
    bool same = lockstep.run_until(target, memory_too ? Lockstep::Compare::kStateAndMemory : Lockstep::Compare::kState);
    over = lockstep.stop() != Stop::kPosition || raw(target) == options.most_steps;
    if (same && over && !memory_too) {
      same = lockstep.run_until(lockstep.at(), Lockstep::Compare::kStateAndMemory);
      memory_too = true;
    }
    memory_compared += memory_too ? 1 : 0;
    if (!same) {
      say("they differ: bisecting");
      fmt::print("{}", lockstep.explain());
      return kDiffer;
    }
    if (compared % kCheckpointEvery == 0) lockstep.checkpoint();
    if (progress.due()) say("no difference so far");
  }
  say(fmt::format("no difference; it ended with {}", name_of(lockstep.stop())));
  return kSame;
}

}  // namespace recount::lockstep
