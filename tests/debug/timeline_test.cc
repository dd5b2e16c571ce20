// Evidence of a real recording, walked through forwards and backwards.

#include <gtest/gtest.h>

#include <random>

#include "debug/timeline.h"
#include "host/folders.h"
#include "support/recording.h"
#include "support/seed.h"

namespace recount::test {
namespace {

class TimelineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = write_evidence(sample_past(), folder_, "test.recount").value();
    evidence_ = std::move(EvidenceReader::open(path_).value());
  }
  std::unique_ptr<Timeline> open(EngineKind engine = kDefaultEngine) {
    TimelineOptions options{.replay = {.engine = engine, .jit = {}, .temporary_folder = folder_, .disk_paths = {}}, .progress = {}};
    auto timeline = Timeline::open(*evidence_, options, console_);
    EXPECT_TRUE(timeline) << timeline.error().message;
    return std::move(*timeline);
  }
  void TearDown() override { remove_folder(folder_); }

  std::string folder_ = make_private_folder(::testing::TempDir(), "timeline").value();
  std::string path_;
  std::unique_ptr<EvidenceReader> evidence_;
  CollectedConsole console_;
};

TEST_F(TimelineTest, OpensAtTheEnd) {
  auto t = open();
  EXPECT_EQ(t->at(), sample_past().end);
  EXPECT_EQ(t->begin(), sample_past().begin);
}

TEST_F(TimelineTest, StepsThereAndBack) {
  auto t = open();
  uint64_t pc = t->machine().hart().pc;
  ASSERT_TRUE(t->step(Direction::kBackward, 10));
  EXPECT_EQ(t->end() - t->at(), 10u);
  ASSERT_TRUE(t->step(Direction::kForward, 10));
  EXPECT_EQ(t->machine().hart().pc, pc);
  EXPECT_EQ(t->step(Direction::kForward)->reason, StopReason::kEnd);
}

TEST_F(TimelineTest, OutsideOfTheEvidenceThereIsNothing) {
  auto t = open();
  EXPECT_EQ(t->go_to(t->end() + 1).error().kind, ErrorKind::kUsage);
}

// The canonical state, and all of RAM.
CheckpointDigest digest_of(Machine& machine) {
  CheckpointDigest digest = machine.digest_here();
  digest.ram = fast_digest({machine.ram().host(machine.ram().base()), machine.ram().size()});
  return digest;
}

// In random order, with so little memory that checkpoints are dropped, too.
void random_positions_are_those_of_a_straight_replay(Timeline& t, Replayer& straight) {
  std::mt19937_64 random(first_seed());
  std::vector<Position> positions{t.begin(), t.end()};
  for (int i = 0; i < 24; ++i) positions.push_back(t.begin() + random() % (t.end() - t.begin() + 1));
  std::ranges::sort(positions);
  std::vector<CheckpointDigest> expected;
  for (Position p : positions) {
    ASSERT_FALSE(straight.run_until(p));
    expected.push_back(digest_of(straight.machine()));
  }
  for (int i = 0; i < 60; ++i) {
    size_t n = random() % positions.size();
    ASSERT_TRUE(t.go_to(positions[n]));
    ASSERT_EQ(digest_of(t.machine()), expected[n]) << "at " << raw(positions[n]);
    if (t.at() == t.begin()) continue;
    ASSERT_TRUE(t.step(Direction::kBackward));
    ASSERT_TRUE(t.step(Direction::kForward));
    ASSERT_EQ(digest_of(t.machine()), expected[n]) << "stepped back to " << raw(positions[n]);
  }
}

TEST_F(TimelineTest, AnyPositionIsThatOfAStraightReplay) {
  for (EngineKind engine : {EngineKind::kInterp, EngineKind::kJit}) {
    for (uint64_t budget : {1ull << 20, 1ull << 30}) {
      ReplayOptions replay{.engine = engine, .jit = {}, .temporary_folder = folder_, .disk_paths = {}};
      auto t = Timeline::open(*evidence_, {.replay = replay, .budget_bytes = budget, .progress = {}}, console_);
      ASSERT_TRUE(t) << t.error().message;
      auto straight = Replayer::open(*evidence_, replay, console_);
      ASSERT_TRUE(straight);
      random_positions_are_those_of_a_straight_replay(**t, **straight);
    }
  }
}

TEST_F(TimelineTest, BackwardsTheLastBreakpointComesFirst) {
  auto t = open();
  const uint64_t pc = t->machine().hart().pc;
  ASSERT_TRUE(t->step(Direction::kBackward, 3000));
  const Position from = t->at();
  std::vector<Position> hits;
  Hooks hooks;
  hooks.pcs = {pc};
  hooks.on_pc = [&](Position p, unsigned) {
    hits.push_back(p);
    return true;
  };
  ASSERT_TRUE(t->scan(Position{raw(from) - 100'000}, from, hooks));
  EXPECT_EQ(t->at(), from);
  ASSERT_GE(hits.size(), 2u);
  t->set_breakpoints({pc});
  for (size_t i = hits.size(); i-- > hits.size() - 2;) {
    EXPECT_EQ(t->resume(Direction::kBackward, {})->reason, StopReason::kBreakpoint);
    EXPECT_EQ(t->at(), hits[i]);
  }
  EXPECT_EQ(t->resume(Direction::kForward, {})->reason, StopReason::kBreakpoint);
  EXPECT_EQ(t->at(), hits.back());
}

}  // namespace
}  // namespace recount::test
