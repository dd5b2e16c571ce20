// A boot of the Debian kernel, run in different ways, is one run: the same digests at the same positions.
// docs/determinism.md, "Caches are architecturally invisible". Over random programs: equivalence_test.cc.

#include <gtest/gtest.h>

#include "support/guest.h"
#include "support/seed.h"
#include "support/test_machine.h"

namespace recount::test {
namespace {

constexpr uint64_t kSteps = 300'000'000;
constexpr uint64_t kDigestEvery = 10'000'000;
constexpr uint64_t kOracleSteps = 30'000'000, kOracleFrom = 200'000'000;

std::unique_ptr<TestMachine> boot(EngineKind engine, const JitOptions& jit = {}) {
  MachineConfig config;
  config.ram_bytes = 128 << 20;
  config.append = "console=ttyS0 earlycon=sbi recount.run=poweroff";
  config.engine = engine;
  config.jit = jit;
  BootImages images{.firmware = {},
                    .kernel = guest_file("vmlinuz"),
                    .initrd = guest_file("initramfs.cpio.gz")};
  auto t = std::make_unique<TestMachine>(config, images);
  t->set_events(time_at_rate(kStepRate));
  return t;
}

struct Reference {
  std::vector<CheckpointDigest> digests;  // after each kDigestEvery
  Checkpoint at_oracle_from;
};

const Reference& reference() {
  static const Reference made = [] {
    Reference r;
    auto t = boot(EngineKind::kInterp);
    for (uint64_t at = kDigestEvery; at <= kSteps; at += kDigestEvery) {
      EXPECT_EQ(t->run_until(Position{at}), Stop::kPosition);
      r.digests.push_back(t->digest());
      if (at == kOracleFrom) r.at_oracle_from = t->capture();
    }
    EXPECT_NE(t->console().find("Linux version"), std::string::npos);
    return r;
  }();
  return made;
}

// If a digest is due where t is: takes it and compares it. False on a difference.
bool matches(TestMachine& t) {
  uint64_t at = raw(t.machine().at());
  if (at == 0 || at % kDigestEvery != 0) return true;
  const CheckpointDigest& expected = reference().digests[at / kDigestEvery - 1];
  CheckpointDigest here = t.digest();
  EXPECT_EQ(here.harts, expected.harts) << "at step " << at;
  EXPECT_EQ(here.devices, expected.devices) << "at step " << at;
  EXPECT_EQ(here.output, expected.output) << "at step " << at;
  EXPECT_EQ(here.ram, expected.ram) << "at step " << at;
  return here == expected;
}

Position next_digest(TestMachine& t) {
  return Position{(raw(t.machine().at()) / kDigestEvery + 1) * kDigestEvery};
}

class LinuxEquivalence : public testing::TestWithParam<EngineKind> {};

TEST_P(LinuxEquivalence, TwoBootsAreOne) {
  auto t = boot(GetParam());
  for (uint64_t at = kDigestEvery; at <= kSteps; at += kDigestEvery) {
    t->run_until(Position{at});
    ASSERT_TRUE(matches(*t));
  }
}

// Side by side to the guest's own end: harts and devices at short distances, all of it at long ones.
TEST(LinuxEngines, TheJitKeepsInStepWithTheInterpreter) {
  constexpr uint64_t kMostSteps = 5'000'000'000, kLongest = 2'000'000;
  Random random(first_seed());
  auto interp = boot(EngineKind::kInterp), jit = boot(EngineKind::kJit);
  uint64_t compared = 0;
  for (;;) {
    Position before = interp->machine().at(), to = before + 1 + below(random, kLongest);
    Stop a = interp->run_until(to), b = jit->run_until(to);
    ASSERT_EQ(a, b) << "behind step " << raw(before);
    ASSERT_EQ(interp->machine().at(), jit->machine().at());
    ASSERT_EQ(interp->state_digest(), jit->state_digest()) << "between steps " << raw(before) << " and " << raw(to) << "\n"
                                                           << difference(*interp, *jit);
    if (++compared % 64 == 0 || a != Stop::kPosition) {
      ASSERT_EQ(interp->digest(), jit->digest()) << "before step " << raw(to);
    }
    if (a != Stop::kPosition) {
      EXPECT_EQ(a, Stop::kPoweroff);
      break;
    }
    ASSERT_LT(raw(to), kMostSteps) << "it does not end";
  }
  std::printf("%" PRIu64 " states of %" PRIu64 " steps are the same\n", compared, raw(jit->machine().at()));
}

TEST(LinuxEngines, ACodeCacheThatFillsChangesNothing) {
  class Count final : public CodeObserver {
   public:
    void translated(uint64_t, const void*, size_t) override {}
    void forgotten() override { ++forgets; }
    uint64_t forgets = 0;
  } count;
  auto t = boot(EngineKind::kJit, {.hot_after = 1, .code_bytes = 256 << 10, .observer = &count});
  for (uint64_t at = kDigestEvery; at <= kSteps; at += kDigestEvery) {
    t->run_until(Position{at});
    ASSERT_TRUE(matches(*t));
  }
  EXPECT_GT(count.forgets, 10u) << "it did not fill: the test shows nothing";
}

TEST(LinuxEngines, ThresholdsChangeNothing) {
  Random random(first_seed());
  for (unsigned round = 0; round < 2; ++round) {
    JitOptions options{.hot_after = static_cast<unsigned>(1 + below(random, 255)),
                       .most_steps = static_cast<unsigned>(1 + below(random, 64))};
    auto t = boot(EngineKind::kJit, options);
    for (uint64_t at = kDigestEvery; at <= kSteps; at += kDigestEvery) {
      t->run_until(Position{at});
      ASSERT_TRUE(matches(*t)) << "hot_after=" << options.hot_after << " most_steps=" << options.most_steps;
    }
  }
}

TEST(LinuxEngines, TheOracleBootsTheSame) {
  auto t = boot(EngineKind::kReference);
  for (uint64_t at = kDigestEvery; at <= kOracleSteps; at += kDigestEvery) {
    t->run_until(Position{at});
    ASSERT_TRUE(matches(*t));
  }
}

TEST(LinuxEngines, TheOracleGoesOnTheSameFromACheckpoint) {
  const Checkpoint& checkpoint = reference().at_oracle_from;
  auto t = boot(EngineKind::kReference);
  t->restore(checkpoint);
  for (uint64_t at = kOracleFrom + kDigestEvery; at <= kOracleFrom + kOracleSteps; at += kDigestEvery) {
    t->run_until(Position{at});
    ASSERT_TRUE(matches(*t));
  }
}

TEST_P(LinuxEquivalence, SlicesChangeNothing) {
  Random random(first_seed());
  auto t = boot(GetParam());
  while (raw(t->machine().at()) < kSteps) {
    t->run_until(std::min(t->machine().at() + 1 + below(random, 200), next_digest(*t)));
    ASSERT_TRUE(matches(*t));
  }
}

TEST_P(LinuxEquivalence, ForgettingCachesChangesNothing) {
  Random random(first_seed());
  auto t = boot(GetParam());
  while (raw(t->machine().at()) < kSteps) {
    t->run_until(std::min(t->machine().at() + 1 + below(random, 100'000), next_digest(*t)));
    t->machine().forget(static_cast<Cached>(below(random, 3)));
    ASSERT_TRUE(matches(*t));
  }
}

TEST_P(LinuxEquivalence, CapturedAnywhereItGoesOnTheSame) {
  Random random(first_seed());
  auto t = boot(GetParam());
  uint64_t capture_at = below(random, kSteps / 4);
  while (raw(t->machine().at()) < kSteps) {
    t->run_until(std::min(Position{capture_at}, next_digest(*t)));
    ASSERT_TRUE(matches(*t));
    if (raw(t->machine().at()) != capture_at) continue;
    Checkpoint checkpoint = t->capture();
    t = boot(GetParam());
    t->restore(checkpoint);
    capture_at += 1 + below(random, kSteps / 4);
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, LinuxEquivalence, testing::Values(EngineKind::kInterp, EngineKind::kJit),
                         [](const auto& engine) { return std::string(engine_name(engine.param)); });

}  // namespace
}  // namespace recount::test

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (!recount::test::has_guest()) {
    std::puts("skipped: the guest is not made: scripts/guest makes it");
    return 77;
  }
  return RUN_ALL_TESTS();
}
