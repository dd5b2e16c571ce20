// One program, run in different ways, is one run: docs/determinism.md, "Caches are architecturally
// invisible". Random programs; the same over a Linux boot is in linux_equivalence_test.cc.

#include <gtest/gtest.h>

#include <set>

#include "isa/insn.h"
#include "support/program_lockstep.h"
#include "support/random_program.h"

namespace recount::test {
namespace {

constexpr uint64_t kSteps = 8000;  // of a program
constexpr double kSeconds = 8, kSecondsOfSeveralHarts = 3;

// What the programs reached, so that a generator that no longer goes anywhere is noticed.
struct Coverage {
  uint64_t programs = 0, steps = 0, ended_early = 0;
  std::array<uint64_t, 4> in_mode{};
  std::set<uint64_t> causes;

  void look_at(const HartState& s) {
    ++in_mode[static_cast<size_t>(s.privilege) & 3];
    // Programs also write these registers: only what a trap can have written counts.
    for (uint64_t cause : {s.mcause, s.scause}) {
      if ((cause & ~(1ull << 63)) < 16) causes.insert(cause);
    }
  }
  ~Coverage() {
    std::printf("%" PRIu64 " programs, %" PRIu64 " steps, %" PRIu64 " ended early\n", programs, steps,
                ended_early);
  }
};

std::vector<uint64_t> random_cuts(Random& random, uint64_t longest) {
  std::vector<uint64_t> cuts;
  for (uint64_t at = 0; at < kSteps;) {
    at += 1 + below(random, longest);
    cuts.push_back(std::min(at, kSteps));
  }
  return cuts;
}

// So many that each cause comes, whatever the seed; not so many as some seconds allow: that would be the host's choice.
TEST(RandomPrograms, ReachEveryModeAndCause) {
  constexpr uint64_t kPrograms = 1000;
  uint64_t first = first_seed();
  Coverage coverage;
  for (uint64_t seed = first; seed < first + kPrograms; ++seed) {
    Random random(seed);
    auto t = load(make_random_program(seed), EngineKind::kInterp);
    for (uint64_t cut : random_cuts(random, 200)) {
      Stop stop = t->run_until(Position{cut});
      coverage.look_at(t->machine().hart());
      if (stop != Stop::kPosition) break;
    }
    ++coverage.programs;
    coverage.steps += raw(t->machine().at());
  }
  for (Privilege mode : {Privilege::kUser, Privilege::kSupervisor, Privilege::kMachine}) {
    EXPECT_GT(coverage.in_mode[static_cast<size_t>(mode)], coverage.steps / 40'000);
  }
  constexpr uint64_t kInterrupt = 1ull << 63;
  for (uint64_t cause : {uint64_t{1}, uint64_t{2}, uint64_t{3}, uint64_t{5}, uint64_t{6}, uint64_t{7},
                         uint64_t{8}, uint64_t{9}, uint64_t{11}, uint64_t{12}, uint64_t{13}, uint64_t{15},
                         kInterrupt | kSsi, kInterrupt | kSti, kInterrupt | kMti}) {
    EXPECT_TRUE(coverage.causes.contains(cause)) << "no program had a trap of cause 0x" << std::hex << cause;
  }
}

struct Way {
  EngineKind engine;
  unsigned harts;
  double seconds() const { return harts == 1 ? kSeconds : kSecondsOfSeveralHarts; }
};

class Equivalence : public testing::TestWithParam<Way> {};

TEST_P(Equivalence, MatchesTheOracle) {
  uint64_t seed = first_seed();
  Coverage coverage;
  for (Deadline deadline(GetParam().seconds()); !deadline.over() && !HasFailure(); ++seed) {
    ProgramRun run = run_in_lockstep(seed, {EngineKind::kReference, GetParam().engine}, kSteps,
                                     [&](const HartState& hart) { coverage.look_at(hart); }, GetParam().harts);
    EXPECT_EQ(run.difference, "") << "RECOUNT_TEST_SEED=" << seed;
    ++coverage.programs;
    coverage.steps += run.steps;
    coverage.ended_early += run.ended_early ? 1 : 0;
  }
}

// Runs a program with the cached engine to the end, or to where it stops by itself.
CheckpointDigest run_whole(const Way& way, const RandomProgram& program, Position& end) {
  auto t = load(program, way.engine, way.harts);
  t->run_until(Position{kSteps});
  end = t->machine().at();
  return t->digest();
}

TEST_P(Equivalence, SlicesChangeNothing) {
  uint64_t seed = first_seed();
  Coverage coverage;
  for (Deadline deadline(GetParam().seconds() / 2); !deadline.over() && !HasFailure(); ++seed) {
    RandomProgram program = make_random_program(seed);
    Random random(seed);
    Position end{};
    CheckpointDigest whole = run_whole(GetParam(), program, end);
    auto sliced = load(program, GetParam().engine, GetParam().harts);
    for (uint64_t cut : random_cuts(random, 1 + below(random, 200))) {
      if (sliced->run_until(Position{cut}) != Stop::kPosition) break;
    }
    EXPECT_EQ(sliced->machine().at(), end) << "RECOUNT_TEST_SEED=" << seed;
    EXPECT_EQ(sliced->digest(), whole) << "RECOUNT_TEST_SEED=" << seed;
    ++coverage.programs;
    coverage.steps += raw(end);
  }
}

TEST_P(Equivalence, ForgettingCachesChangesNothing) {
  uint64_t seed = first_seed();
  Coverage coverage;
  for (Deadline deadline(GetParam().seconds() / 2); !deadline.over() && !HasFailure(); ++seed) {
    RandomProgram program = make_random_program(seed);
    Random random(seed);
    Position end{};
    CheckpointDigest whole = run_whole(GetParam(), program, end);
    auto perturbed = load(program, GetParam().engine, GetParam().harts);
    for (uint64_t cut : random_cuts(random, 400)) {
      if (perturbed->run_until(Position{cut}) != Stop::kPosition) break;
      perturbed->machine().forget(static_cast<Cached>(below(random, 3)));
    }
    EXPECT_EQ(perturbed->machine().at(), end) << "RECOUNT_TEST_SEED=" << seed;
    EXPECT_EQ(perturbed->digest(), whole) << "RECOUNT_TEST_SEED=" << seed;
    ++coverage.programs;
    coverage.steps += raw(end);
  }
}

TEST_P(Equivalence, CapturedAnywhereItGoesOnTheSame) {
  uint64_t seed = first_seed();
  Coverage coverage;
  for (Deadline deadline(GetParam().seconds() / 2); !deadline.over() && !HasFailure(); ++seed) {
    RandomProgram program = make_random_program(seed);
    Random random(seed);
    Position end{};
    CheckpointDigest whole = run_whole(GetParam(), program, end);
    auto t = load(program, GetParam().engine, GetParam().harts);
    Stop stop = Stop::kPosition;
    for (unsigned i = 0; i < 3 && stop == Stop::kPosition; ++i) {
      stop = t->run_until(t->machine().at() + below(random, kSteps / 3));
      Digest128 before = t->state_digest();
      Checkpoint checkpoint = t->capture();
      t = load(program, chance(random, 30) ? EngineKind::kReference : GetParam().engine, GetParam().harts);
      t->restore(checkpoint);
      EXPECT_EQ(t->state_digest(), before) << "RECOUNT_TEST_SEED=" << seed << ": restoring changes the state";
    }
    if (stop == Stop::kPosition) t->run_until(Position{kSteps});
    EXPECT_EQ(t->machine().at(), end) << "RECOUNT_TEST_SEED=" << seed;
    EXPECT_EQ(t->digest(), whole) << "RECOUNT_TEST_SEED=" << seed;
    ++coverage.programs;
    coverage.steps += raw(end);
  }
}

// A generator that leaves all but one hart waiting, or turns that never change, would prove nothing about several.
TEST(RandomPrograms, AreRunByEveryHart) {
  constexpr uint64_t kPrograms = 100;
  constexpr unsigned kHarts = 4;
  uint64_t first = first_seed();
  std::array<uint64_t, kHarts> turns{};
  for (uint64_t seed = first; seed < first + kPrograms; ++seed) {
    Random random(seed);
    auto t = load(make_random_program(seed), EngineKind::kInterp, kHarts);
    for (uint64_t cut : random_cuts(random, 200)) {
      if (t->run_until(Position{cut}) != Stop::kPosition) break;
      ++turns[t->machine().hart().hart_id];
    }
  }
  for (unsigned hart = 0; hart < kHarts; ++hart) EXPECT_GT(turns[hart], kPrograms) << "hart " << hart;
}

INSTANTIATE_TEST_SUITE_P(Engines, Equivalence,
                         testing::Values(Way{EngineKind::kInterp, 1}, Way{EngineKind::kInterp, 2}, Way{EngineKind::kInterp, 4},
                                         Way{EngineKind::kJit, 1}, Way{EngineKind::kJit, 2}, Way{EngineKind::kJit, 4}),
                         [](const auto& way) {
                           return std::string(engine_name(way.param.engine)) + "_harts_" + std::to_string(way.param.harts);
                         });

}  // namespace
}  // namespace recount::test
