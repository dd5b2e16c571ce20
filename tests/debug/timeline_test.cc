// Evidence of a real recording, walked through forwards and backwards.

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "debug/timeline.h"
#include "host/file.h"
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

// An index is written by one engine's replay; whatever engine opens it finds the same past.
TEST_F(TimelineTest, OpenedByAnIndexEveryPositionIsThatOfAStraightReplay) {
  for (EngineKind engine : {EngineKind::kInterp, EngineKind::kJit}) {
    ReplayOptions replay{.engine = engine, .jit = {}, .temporary_folder = folder_, .disk_paths = {}};
    auto t = Timeline::open(*evidence_, {.replay = replay, .index_path = folder_ + "/index", .progress = {}}, console_);
    ASSERT_TRUE(t) << t.error().message;
    EXPECT_EQ((*t)->opened_by_index(), engine == EngineKind::kJit);
    EXPECT_EQ((*t)->at(), sample_past().end);
    if (!(*t)->opened_by_index()) {
      ASSERT_TRUE((*t)->write_index());
    }
    auto straight = Replayer::open(*evidence_, replay, console_);
    ASSERT_TRUE(straight);
    random_positions_are_those_of_a_straight_replay(**t, **straight);
  }
}

TEST_F(TimelineTest, AnIndexThatIsDamagedOrOfOtherEvidenceIsNotUsed) {
  const std::string index = folder_ + "/index";
  TimelineOptions options{.replay = {.jit = {}, .temporary_folder = folder_, .disk_paths = {}}, .index_path = index, .progress = {}};
  ASSERT_TRUE((*Timeline::open(*evidence_, options, console_))->write_index());
  const Bytes whole = read_file(index).value();
  Bytes damaged = whole;
  damaged[damaged.size() / 2] ^= 1;
  for (const Bytes& other : {damaged, Bytes(whole.begin(), whole.end() - 1), Bytes()}) {
    ASSERT_TRUE(replace_file(index, other));
    auto t = Timeline::open(*evidence_, options, console_);
    ASSERT_TRUE(t) << t.error().message;
    EXPECT_FALSE((*t)->opened_by_index());
  }
  ASSERT_TRUE(replace_file(index, whole));
  Past shorter = sample_past();
  shorter.end = Position{raw(shorter.end) - 1};
  std::erase_if(shorter.events, [&](const Event& e) { return e.position > shorter.end; });
  auto other = EvidenceReader::open(write_evidence(shorter, folder_, "other.recount").value());
  auto t = Timeline::open(**other, options, console_);
  ASSERT_TRUE(t) << t.error().message;
  EXPECT_FALSE((*t)->opened_by_index());
  EXPECT_EQ((*t)->at(), shorter.end);
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

// Every instruction of a stretch, by single steps: what the machine's own stops are compared with.
struct Stretch {
  Position from{}, to{};
  std::vector<uint64_t> pcs;  // from position from on
};

Stretch stretch_of(Timeline& t, uint64_t steps) {
  Stretch s{Position{raw(t.end()) - steps}, t.end(), {}};
  EXPECT_TRUE(t.go_to(s.from));
  while (t.at() < s.to) {
    s.pcs.push_back(t.machine().hart().pc);
    EXPECT_TRUE(t.step(Direction::kForward));
  }
  return s;
}

TEST_F(TimelineTest, AScanFindsEachTimeThatSingleStepsComeBy) {
  for (EngineKind engine : {EngineKind::kReference, EngineKind::kInterp, EngineKind::kJit}) {
    auto t = open(engine);
    const Stretch s = stretch_of(*t, 20'000);
    for (size_t n : {s.pcs.size() - 1, s.pcs.size() / 2}) {
      std::vector<Position> expected, found;
      for (size_t i = 0; i < s.pcs.size(); ++i) {
        if (s.pcs[i] == s.pcs[n]) expected.push_back(s.from + i);
      }
      Hooks hooks;
      hooks.pcs = {s.pcs[n]};
      hooks.on_pc = [&](Position p, unsigned) {
        EXPECT_EQ(t->machine().hart().pc, s.pcs[n]);
        found.push_back(p);
        return true;
      };
      ASSERT_TRUE(t->scan(s.from, s.to, hooks));
      // An instruction that an interrupt came before did not run there.
      ASSERT_LE(found.size(), expected.size());
      EXPECT_TRUE(std::ranges::includes(expected, found));
      EXPECT_GE(found.size() + 2, expected.size());
    }
  }
}

// What the guest's stack pointer points to is written again and again; each change is found, and by every engine the same.
TEST_F(TimelineTest, AWatchSeesWhatSingleStepsSee) {
  for (EngineKind engine : {EngineKind::kReference, EngineKind::kInterp, EngineKind::kJit}) {
    auto t = open(engine);
    Ram& ram = t->machine().ram();
    const Position from{raw(t->end()) - 20'000};
    Bytes before(ram.size());
    ASSERT_TRUE(t->go_to(from));
    std::copy_n(ram.host(ram.base()), ram.size(), before.begin());
    ASSERT_TRUE(t->go_to(t->end()));
    std::optional<Watch> changed;
    for (uint64_t i = 0; i < ram.size() && !changed; i += 8) {
      if (std::memcmp(before.data() + i, ram.host(ram.base() + i), 8) != 0) changed = Watch{ram.base() + i, 8};
    }
    ASSERT_TRUE(changed);
    std::vector<Position> expected, found, accessed;
    ASSERT_TRUE(t->go_to(from));
    while (t->at() < t->end()) {
      auto old = load_le<uint64_t>(ram.host(changed->begin));
      Position at = t->at();
      ASSERT_TRUE(t->step(Direction::kForward));
      if (load_le<uint64_t>(ram.host(changed->begin)) != old) expected.push_back(at);
    }
    Hooks hooks;
    hooks.watches = {*changed};
    hooks.on_access = [&](const WatchHit& hit, unsigned) {
      found.push_back(hit.before);
      EXPECT_NE(hit.old_value, hit.new_value);
      return true;
    };
    ASSERT_TRUE(t->scan(from, t->end(), hooks));
    EXPECT_EQ(found, expected);
    hooks.watches[0].what = WatchFor::kAccess;
    hooks.on_access = [&](const WatchHit& hit, unsigned) {
      accessed.push_back(hit.before);
      return true;
    };
    ASSERT_TRUE(t->scan(from, t->end(), hooks));
    EXPECT_TRUE(std::ranges::includes(accessed, expected));
    // A step that touches two ranges is told of both.
    std::vector<Position> twice, told;
    for (Position p : accessed) twice.insert(twice.end(), {p, p});
    hooks.watches.push_back(hooks.watches[0]);
    hooks.on_access = [&](const WatchHit& hit, unsigned) {
      told.push_back(hit.before);
      return true;
    };
    ASSERT_TRUE(t->scan(from, t->end(), hooks));
    EXPECT_EQ(told, twice);
    // Of the last step, too.
    told.clear();
    ASSERT_TRUE(t->scan(from, accessed[0] + 1, hooks));
    EXPECT_EQ(told, (std::vector<Position>{accessed[0], accessed[0]}));
    t->set_watchpoints({*changed});
    ASSERT_EQ(t->resume(Direction::kBackward, {})->reason, StopReason::kWatch);
    EXPECT_EQ(t->at(), expected.back());
  }
}

}  // namespace
}  // namespace recount::test
