// Recording and replay in one process: what a RecordSession journals, what a ReplaySession makes of it, and
// the state that both begin from.

#include "support/recording.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "session/machine_state.h"
#include "session/replay_session.h"

namespace recount::test {
namespace {

template <class T>
std::vector<std::pair<Position, T>> all(const std::vector<Event>& events) {
  std::vector<std::pair<Position, T>> found;
  for (const Event& event : events) {
    if (const auto* payload = std::get_if<T>(&event.payload)) found.emplace_back(event.position, *payload);
  }
  return found;
}

// --- recording ---

TEST(RecordSession, PositionsNeverGoBack) {
  Recording recording;
  recording.session().console_input(view_of("abc"));
  recording.run_ms(500);
  Position last{};
  ASSERT_GT(recording.events().size(), 20u);
  for (const Event& event : recording.events()) {
    EXPECT_GE(event.position, last);
    last = event.position;
  }
}

TEST(RecordSession, ADigestIsTakenOnceASecondOfGuestTime) {
  Recording recording;
  recording.run_ms(5500);
  auto digests = all<CheckpointDigest>(recording.events());
  EXPECT_GE(digests.size(), 4u);
  EXPECT_LE(digests.size(), 5u);
  Recording without(Digests::kOff);
  without.run_ms(2500);
  EXPECT_TRUE(all<CheckpointDigest>(without.events()).empty());
}

TEST(RecordSession, AHostThatSleptIsAGap) {
  Recording recording;
  recording.run_ms(50);
  recording.pass_ms(2900);
  recording.run_ms(50);
  EXPECT_TRUE(all<Gap>(recording.events()).empty());
  recording.pass_ms(4000);
  Position here = recording.machine().at();
  recording.run_ms(50);
  auto gaps = all<Gap>(recording.events());
  ASSERT_EQ(gaps.size(), 1u);
  EXPECT_EQ(gaps[0].first, here);
  EXPECT_EQ(gaps[0].second.reason, GapReason::kSuspended);
  EXPECT_NE(gaps[0].second.text.find(" ms"), std::string::npos) << gaps[0].second.text;
}

TEST(RecordSession, InputWaitsForRoomAndArrivesWhole) {
  Recording recording;
  recording.run_ms(20);
  std::string typed;
  for (int i = 0; i < 200; ++i) typed.push_back(static_cast<char>("vwxyz"[i % 5]));
  recording.session().console_input(view_of(typed));
  recording.run_ms(2000);
  std::string arrived;
  for (const auto& [position, input] : all<ConsoleInput>(recording.events())) {
    EXPECT_LE(input.bytes.size(), 16u);
    arrived.append(input.bytes.begin(), input.bytes.end());
  }
  EXPECT_EQ(arrived, typed);
  std::string echoed = recording.console();
  std::erase_if(echoed, [](char c) { return c < 'v'; });
  EXPECT_EQ(echoed, typed);
}

TEST(RecordSession, WaitingInputWakesNobodyWhileThereIsNoRoom) {
  Recording recording;
  recording.run_ms(20);
  recording.session().console_input(Bytes(40, 'x'));
  EXPECT_EQ(recording.session().wake_ns(), 0u);
  recording.run_ms(1);
  EXPECT_GT(recording.session().wake_ns(), 0u);
}

TEST(RecordSession, MarksAndGapsStandWhereTheyWereAskedFor) {
  Recording recording;
  recording.run_ms(30);
  Position here = recording.machine().at();
  recording.session().operator_request({OperatorAction::kMark, "here"});
  recording.session().gap({GapReason::kJournalLost, "a backup died"});
  recording.run_ms(1);
  auto marks = all<OperatorRequest>(recording.events());
  ASSERT_EQ(marks.size(), 1u);
  EXPECT_EQ(marks[0].first, here);
  EXPECT_EQ(marks[0].second, (OperatorRequest{OperatorAction::kMark, "here"}));
  EXPECT_EQ(all<Gap>(recording.events()).at(0).second.text, "a backup died");
}

TEST(RecordSession, TheLastWordsAreADigestAndTheNotice) {
  Recording recording;
  recording.run_ms(30);
  Past past = recording.finish();
  ASSERT_GE(past.events.size(), 2u);
  const Event &digest = past.events[past.events.size() - 2], &notice = past.events.back();
  EXPECT_TRUE(std::holds_alternative<CheckpointDigest>(digest.payload));
  EXPECT_EQ(std::get<FailureNotice>(notice.payload), (FailureNotice{"operator", "the test is over"}));
  EXPECT_EQ(digest.position, past.end);
  EXPECT_EQ(notice.position, past.end);
}

TEST(RecordSession, AGuestThatPowersOffEndsItsSlice) {
  Recording recording;
  recording.run_ms(20);
  recording.session().console_input(view_of("q"));
  EXPECT_EQ(recording.run_ms(100), Stop::kPoweroff);
}

TEST(RecordSession, GuestAndHostTimeAgree) {
  Recording recording;
  recording.run_ms(3000);
  // 10,000 ticks a millisecond; the last slice and the last odd wait of the host lie between.
  EXPECT_NEAR(static_cast<double>(recording.machine().time_ticks()), 30e6, 60'000.0);
}

// --- replay ---

struct Replay {
  explicit Replay(const Past& past, EngineKind engine = kDefaultEngine)
      : machine(Machine::create(recording_config(engine), tap).value()), session(*machine, tap) {
    Ram& ram = machine->ram();
    std::copy(past.ram.begin(), past.ram.end(), ram.frame(0));
    auto restored = restore_state(past.state, *machine, tap);
    EXPECT_TRUE(restored) << restored.error().message;
  }
  // The first divergence's message, or "".
  std::string run(const std::vector<Event>& events) {
    for (const Event& event : events) {
      if (auto diverged = session.replay(event)) return diverged->what;
    }
    return "";
  }
  CollectedConsole console;
  OutputTap tap{console};
  std::unique_ptr<Machine> machine;
  ReplaySession session;
};

TEST(ReplaySession, LeadsToTheSameEndUnderEitherEngine) {
  const Past& past = sample_past();
  for (EngineKind engine : {EngineKind::kJit, EngineKind::kInterp, EngineKind::kReference}) {
    Replay replay(past, engine);
    EXPECT_EQ(replay.run(past.events), "");
    EXPECT_EQ(replay.machine->at(), past.end);
    EXPECT_EQ(replay.machine->time_ticks(), past.end_ticks);
    EXPECT_EQ(replay.session.digests_compared(), all<CheckpointDigest>(past.events).size());
    EXPECT_EQ(replay.session.last_digest(), all<CheckpointDigest>(past.events).back().second);
  }
}

// --- clocks that misbehave ---

constexpr uint64_t kHour_ms = 3'600'000;

struct Clocks : ::testing::Test {
  Clocks() { recording.run_ms(1200); }
  // Guest time, in ticks, that passes while `run` does.
  template <class Run>
  uint64_t ticks_during(Run run) {
    uint64_t before = recording.machine().time_ticks();
    run();
    EXPECT_GE(recording.machine().time_ticks(), before) << "guest time went back";
    return recording.machine().time_ticks() - before;
  }
  void check_replay() {
    Past past = recording.finish();
    Replay replay(past);
    EXPECT_EQ(replay.run(past.events), "");
    EXPECT_EQ(replay.machine->time_ticks(), past.end_ticks);
    EXPECT_GE(replay.session.digests_compared(), 2u);
  }
  std::vector<std::string> gaps() {
    std::vector<std::string> texts;
    for (const auto& [position, gap] : all<Gap>(recording.events())) texts.push_back(gap.text);
    return texts;
  }
  Recording recording;
  static constexpr double kSecond = 10e6, kSlack = 60'000;  // ticks
};

TEST_F(Clocks, ASuspendedHostIsAGapAndNoTimeOfTheGuest) {
  uint64_t passed = ticks_during([&] {
    recording.suspend_ms(kHour_ms);
    recording.run_ms(2000);
  });
  EXPECT_NEAR(static_cast<double>(passed), 2 * kSecond, kSlack);
  EXPECT_EQ(gaps(), (std::vector<std::string>{"the host was suspended for 3600000 ms"}));
  recording.suspend_ms(400);  // as far as the readings of two clocks may be apart
  recording.run_ms(1000);
  EXPECT_EQ(gaps().size(), 1u);
  check_replay();
}

TEST_F(Clocks, AClockThatGoesBackIsNeitherTimeNorAGap) {
  for (uint64_t back_ms : {uint64_t{1}, kHour_ms, uint64_t{100}}) {
    uint64_t passed = ticks_during([&] {
      recording.turn_clock_back_ms(back_ms);
      recording.run_ms(2000);
    });
    EXPECT_NEAR(static_cast<double>(passed), 2 * kSecond, kSlack) << back_ms << " ms";
  }
  EXPECT_EQ(gaps(), std::vector<std::string>());
  check_replay();
}

TEST_F(Clocks, AClockThatGoesBackBeforePowerOnIsStillRight) {
  recording.turn_clock_back_ms(4'999'000);  // it began at 5000 s
  uint64_t passed = ticks_during([&] { recording.run_ms(3000); });
  EXPECT_NEAR(static_cast<double>(passed), 3 * kSecond, kSlack);
  check_replay();
}

TEST_F(Clocks, AnHourForwardsIsAGapAndTheGuestIsTakenAlong) {
  uint64_t passed = ticks_during([&] {
    recording.pass_ms(kHour_ms);
    recording.run_ms(1000);
  });
  EXPECT_NEAR(static_cast<double>(passed), 3601 * kSecond, kSlack);
  ASSERT_EQ(gaps().size(), 1u);
  EXPECT_TRUE(gaps()[0].starts_with("the recorder did not run for 36")) << gaps()[0];
  check_replay();
}

TEST_F(Clocks, AClockThatStandsStillHoldsTheGuestAndIsFollowedAgain) {
  uint64_t passed = ticks_during([&] { recording.run_while_clock_stands_still(2000); });
  EXPECT_LT(static_cast<double>(passed), kSlack);
  ticks_during([&] { recording.run_ms(3000); });
  EXPECT_NEAR(static_cast<double>(recording.machine().time_ticks()), 4.2 * kSecond, kSlack);
  check_replay();
}

// --- what differs ---

TEST(ReplaySession, NamesThePartOfADigestThatDiffers) {
  const Past& past = sample_past();
  std::vector<Event> events = past.events;
  auto first = std::ranges::find_if(
      events, [](const Event& e) { return std::holds_alternative<CheckpointDigest>(e.payload); });
  ASSERT_NE(first, events.end());
  events.erase(first + 1, events.end());
  auto with = [&](auto alter) {
    std::vector<Event> altered = events;
    alter(std::get<CheckpointDigest>(altered.back().payload));
    return Replay(past).run(altered);
  };
  EXPECT_EQ(with([](CheckpointDigest&) {}), "");
  EXPECT_EQ(with([](CheckpointDigest& d) { ++d.harts.low; }), "the hart's state differs");
  EXPECT_EQ(with([](CheckpointDigest& d) { ++d.devices.low; }), "a device's state differs");
  EXPECT_EQ(with([](CheckpointDigest& d) { ++d.output.low; }), "the output differs");
  EXPECT_EQ(with([](CheckpointDigest& d) { ++d.ram.high; }), "memory differs");
}

TEST(ReplaySession, RefusesWhatTheMachineCannotTake) {
  const Past& past = sample_past();
  auto refused = [&past](Payload payload) { return Replay(past).run({{past.begin, std::move(payload)}}); };
  EXPECT_EQ(refused(TimeAnchor{past.begin_ticks - 1, 1}), "time goes back");
  EXPECT_EQ(refused(TimeAnchor{1ull << 62, 1}), "a time anchor is out of all bounds");
  EXPECT_EQ(refused(TimeAnchor{past.begin_ticks, 1ull << 40}), "a time anchor is out of all bounds");
  EXPECT_EQ(refused(ConsoleInput{ConsoleId::kUart, Bytes(17)}), "the console has no room for the input");
  EXPECT_EQ(refused(ConsoleInput{ConsoleId::kVirtio, Bytes(1)}), "the console has no room for the input");
  EXPECT_EQ(refused(DiskCompletion{0, 0, DiskStatus::kOk}),
            "a completion names a disk that this machine does not have");
  EXPECT_EQ(Replay(past).run({{Position{raw(past.begin) - 1}, Gap{}}}), "an event lies in the past");
}

TEST(ReplaySession, AGuestThatWaitsOrStopsIsNoticedWhereItDoes) {
  const Past& past = sample_past();
  Replay waits(past);
  auto diverged = waits.session.run_to(past.end);  // no anchors: time stands still while it waits
  ASSERT_TRUE(diverged);
  EXPECT_EQ(diverged->what, "the guest waits where it went on");
  EXPECT_EQ(diverged->position, waits.machine->at());
  std::vector<Event> events = past.events;
  events.insert(events.begin(), {past.begin, ConsoleInput{ConsoleId::kUart, {'q'}}});
  EXPECT_EQ(Replay(past).run(events), "the guest stops where it went on");
}

TEST(ReplaySession, NotesChangeNothing) {
  const Past& past = sample_past();
  std::vector<Event> events = past.events;
  events.insert(events.begin() + 3, {{events[2].position, OperatorRequest{OperatorAction::kMark, "added"}},
                                     {events[2].position, FailureNotice{"a", "b"}},
                                     {events[2].position, Gap{}}});
  EXPECT_EQ(Replay(past).run(events), "");
}

// --- the state ---

using Json = nlohmann::json;

struct StateTest : ::testing::Test {
  Result<void> restore(const Json& state) {
    return restore_state(Json::to_cbor(state), *replay.machine, replay.tap);
  }
  Json sample() { return Json::from_cbor(sample_past().state); }
  Replay replay{sample_past()};
};

TEST_F(StateTest, WhatIsRestoredIsWhatWasCaptured) {
  EXPECT_EQ(capture_state(*replay.machine, replay.tap), sample_past().state);
  Replay other(sample_past(), EngineKind::kReference);
  EXPECT_EQ(replay.machine->digest_here(), other.machine->digest_here());
  EXPECT_EQ(replay.tap.digest().value(), other.tap.digest().value());
}

void each_field(const Json& value, const Json::json_pointer& at,
                const std::function<void(const Json::json_pointer&)>& visit) {
  for (const auto& [name, field] : value.items()) {
    visit(at / name);
    if (field.is_object()) each_field(field, at / name, visit);
  }
}

TEST_F(StateTest, EveryFieldMustBeThereAndOfItsType) {
  const Json whole = sample();
  int fields = 0;
  each_field(whole, Json::json_pointer(), [&](const Json::json_pointer& at) {
    ++fields;
    Json without = whole;
    without.at(at.parent_pointer()).erase(at.back());
    auto restored = restore(without);
    ASSERT_FALSE(restored) << "without " << at.to_string();
    EXPECT_EQ(restored.error().kind, ErrorKind::kDamaged);
    Json mistyped = whole;
    mistyped[at] = "text";
    EXPECT_FALSE(restore(mistyped)) << at.to_string();
    // Whatever a number says, it is taken or refused.
    if (!whole.at(at).is_number()) return;
    for (uint64_t v : {~0ull, 1ull << 63, 3ull, 255ull}) {
      Json altered = whole;
      altered[at] = v;
      static_cast<void>(restore(altered));
    }
  });
  EXPECT_GT(fields, 200);
  EXPECT_TRUE(restore(whole));
}

TEST_F(StateTest, TurnThatNoHartHasIsRefused) {
  for (const auto& [name, value] : {std::pair<const char*, uint64_t>{"current_hart", 1}, {"current_hart", 0xffffffff}, {"turn_end", ~0ull}}) {
    Json state = sample();
    ASSERT_TRUE(state["machine"][name].is_number()) << name;
    state["machine"][name] = value;
    EXPECT_FALSE(restore(state)) << name;
  }
}

TEST_F(StateTest, WhatNoHartComesToIsRefused) {
  const std::tuple<const char*, const char*, uint64_t> wrong[] = {
      {"x0", "", 1},        {"pc", "", 0x80000001}, {"mepc", "", 3},          {"sepc", "", 1},
      {"privilege", "", 2}, {"privilege", "", 9},   {"satp", "", 1ull << 60}, {"satp", "", 0xaull << 60},
      {"frm", "", 8},       {"fflags", "", 32},     {"pmpaddr", "3", ~0ull},  {"mstatus", "", 2ull << 11},
  };
  for (const auto& [name, index, value] : wrong) {
    Json state = sample();
    Json& field = state["machine"]["hart0"][name];
    ASSERT_FALSE(field.is_null()) << name;
    (*index == '\0' ? field : field[index]) = value;
    auto restored = restore(state);
    ASSERT_FALSE(restored) << name;
    EXPECT_NE(restored.error().message.find("hart"), std::string::npos) << restored.error().message;
  }
}

}  // namespace
}  // namespace recount::test
