// Evidence of a real recording: replayed, certified, altered and bisected, and asked where things happened.

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cmath>

#include "disk/base_digest.h"
#include "disk/layer_format.h"
#include "evidence/bisect.h"
#include "evidence/certify.h"
#include "evidence/names.h"
#include "evidence/position_text.h"
#include "host/file.h"
#include "host/folders.h"
#include "support/recording.h"
#include "support/seed.h"
#include "support/test_machine.h"

namespace recount::test {
namespace {

class EvidenceReplay : public ::testing::Test {
 protected:
  struct Opened {
    std::string path;
    std::unique_ptr<EvidenceReader> evidence;
    std::unique_ptr<Replayer> replayer;
  };
  Opened open(const Past& past, EngineKind engine = kDefaultEngine) {
    Opened o;
    o.path = write_evidence(past, folder_, "test.recount").value();
    o.evidence = std::move(EvidenceReader::open(o.path).value());
    ReplayOptions options{.engine = engine, .temporary_folder = folder_, .disk_paths = {}};
    o.replayer = std::move(Replayer::open(*o.evidence, options, console_).value());
    return o;
  }
  void TearDown() override { remove_folder(folder_); }

  std::string folder_ = make_private_folder(::testing::TempDir(), "replay").value();
  CollectedConsole console_;
};

ReplayVerdict verdict_of(Replayer& replayer) {
  return replay_to_end(replayer, [](uint64_t) {});
}

// The sample, with one typed byte another one: the journal is sealed again, and only a replay can tell.
Past with_other_input(Position& where) {
  Past past = sample_past();
  for (Event& event : past.events) {
    auto* input = std::get_if<ConsoleInput>(&event.payload);
    if (input == nullptr) continue;
    input->bytes[0] = 'z';
    where = event.position;
    return past;
  }
  ADD_FAILURE() << "nothing was typed";
  return past;
}

std::vector<Position> digests_of(const Past& past) {
  std::vector<Position> positions;
  for (const Event& event : past.events) {
    if (std::holds_alternative<CheckpointDigest>(event.payload)) positions.push_back(event.position);
  }
  return positions;
}

// --- replaying ---

TEST_F(EvidenceReplay, IsExactUnderEitherEngineAndEndsInOneState) {
  const Past& past = sample_past();
  std::vector<CheckpointDigest> ends;
  for (EngineKind engine : {EngineKind::kJit, EngineKind::kInterp, EngineKind::kReference}) {
    Opened o = open(past, engine);
    EXPECT_TRUE(o.evidence->check_seal());
    ReplayVerdict verdict = verdict_of(*o.replayer);
    ASSERT_TRUE(verdict.exact()) << verdict.divergence->what;
    EXPECT_EQ(verdict.steps, past.end - past.begin);
    EXPECT_EQ(verdict.events, past.events.size());
    EXPECT_EQ(verdict.digests_compared, digests_of(past).size());
    EXPECT_EQ(verdict.guest_time_end_ticks, past.end_ticks);
    ends.push_back(verdict.final_digest);
  }
  EXPECT_EQ(ends[0], ends[1]);
  EXPECT_EQ(ends[0], ends[2]);
}

TEST_F(EvidenceReplay, ItsCertificateSaysWhatTheReplayGave) {
  Opened o = open(sample_past());
  ReplayVerdict verdict = verdict_of(*o.replayer);
  Certificate c = make_certificate(*o.evidence, verdict, "interp", "0.1.0", 5);
  EXPECT_EQ(c.steps, verdict.steps);
  EXPECT_EQ(c.steps, c.position_end - c.position_begin);
  EXPECT_EQ(c.mismatches, 0u);
  EXPECT_EQ(c.final_digest.ram, verdict.final_digest.ram.hex());
  EXPECT_TRUE(c.vouches_for.contains(kStateMember));
  EXPECT_TRUE(c.vouches_for.contains(segment_name(0)));
  EXPECT_FALSE(c.vouches_for.contains("machine.toml"));
  EXPECT_TRUE(Certificate::from_json(c.to_json()));
}

// One bit of each byte; damage_test.cc has every bit of a smaller file.
TEST_F(EvidenceReplay, NoFlippedByteOfARecordingPassesTheSeal) {
  Random random(first_seed());
  Bytes bytes = *read_file(write_evidence(sample_past(), folder_, "test.recount").value());
  auto examine = [](ByteView file) -> Result<void> {
    auto memory = TRY(RandomFile::in_memory(file));
    auto evidence = TRY(EvidenceReader::open(std::move(memory)));
    return evidence->check_seal();
  };
  ASSERT_TRUE(examine(bytes));
  for (size_t at = 0; at < bytes.size(); ++at) {
    const auto flip = static_cast<uint8_t>(1u << below(random, 8));
    bytes[at] ^= flip;
    auto result = examine(bytes);
    ASSERT_FALSE(result) << "byte " << at << " ^ " << int{flip};
    ASSERT_TRUE(result.error().kind == ErrorKind::kDamaged || result.error().kind == ErrorKind::kVerify)
        << result.error().message;
    bytes[at] ^= flip;
    if (at % 16 == 0) {
      ASSERT_FALSE(examine(ByteView(bytes).first(at))) << "cut to " << at;
    }
  }
}

TEST_F(EvidenceReplay, ACloneGoesOnAloneFromAnywhere) {
  Opened o = open(sample_past());
  Position middle = o.replayer->at() + (o.replayer->end() - o.replayer->at()) / 2;
  ASSERT_FALSE(o.replayer->run_until(middle));
  auto clone = o.replayer->clone(EngineKind::kReference).value();
  EXPECT_EQ(clone->at(), middle);
  ASSERT_FALSE(clone->run_until(clone->end()));
  EXPECT_EQ(o.replayer->at(), middle);
  ASSERT_FALSE(o.replayer->run_until(o.replayer->end()));
  EXPECT_EQ(clone->whole_digest(), o.replayer->whole_digest());
}

TEST_F(EvidenceReplay, AJournalBeyondTheEndIsDamage) {
  Past past = sample_past();
  past.events.emplace_back(past.end + 1, Gap{});
  std::string path = write_evidence(past, folder_, "x.recount").value();
  auto evidence = EvidenceReader::open(path).value();
  auto replayer = Replayer::open(*evidence, {.temporary_folder = folder_}, console_);
  ASSERT_FALSE(replayer);
  EXPECT_EQ(replayer.error().kind, ErrorKind::kDamaged);
}

TEST_F(EvidenceReplay, AStateOfAnotherPositionIsDamage) {
  Past past = sample_past();
  past.begin = past.begin + 1;
  std::string path = write_evidence(past, folder_, "x.recount").value();
  auto evidence = EvidenceReader::open(path).value();
  EXPECT_EQ(Replayer::open(*evidence, {.temporary_folder = folder_}, console_).error().kind,
            ErrorKind::kDamaged);
}

TEST_F(EvidenceReplay, ADiskOfAnotherSizeThanListedIsDamage) {
  std::string image = folder_ + "/disk.img";
  ASSERT_TRUE(replace_file(image, Bytes(1 << 20)));
  Past past = sample_past();
  past.disks.push_back({.path = image, .size_bytes = 2 << 20, .base_digest = base_digest(image).value()});
  past.disks.back().overlay = overlay_name(0);
  Bytes& overlay = past.overlays.emplace_back();
  ByteWriter w(overlay);
  w.raw(view_of("RECOVRLY"));
  w.fixed(uint32_t{1});
  w.fixed(uint32_t{kClusterBytes});
  w.fixed(past.disks[0].size_bytes);
  w.fixed(uint64_t{0});
  std::string path = write_evidence(past, folder_, "x.recount").value();
  auto evidence = EvidenceReader::open(path).value();
  auto replayer = Replayer::open(*evidence, {.temporary_folder = folder_}, console_);
  ASSERT_FALSE(replayer);
  EXPECT_EQ(replayer.error().kind, ErrorKind::kDamaged);
  EXPECT_NE(replayer.error().message.find("size"), std::string::npos) << replayer.error().message;
}

// --- what differs, and where ---

TEST_F(EvidenceReplay, AnAlteredEventDivergesAtTheNextDigest) {
  Position where{};
  Past past = with_other_input(where);
  auto digests = digests_of(past);
  auto next = std::ranges::find_if(digests, [&](Position p) { return p >= where; });
  ASSERT_NE(next, digests.end());
  Opened o = open(past);
  ReplayVerdict verdict = verdict_of(*o.replayer);
  ASSERT_FALSE(verdict.exact());
  EXPECT_EQ(verdict.divergence->position, *next);
  EXPECT_TRUE(verdict.divergence->what.ends_with("differs")) << verdict.divergence->what;
  EXPECT_EQ(verdict.steps, *next - past.begin);

  Opened again = open(past);
  Bisection found = bisect_engines(*again.replayer, EngineKind::kReference, *verdict.divergence).value();
  EXPECT_FALSE(found.last_equal) << "both engines agree: it is the recording";
  Position before = next == digests.begin() ? past.begin : *(next - 1);
  EXPECT_EQ(found.last_matching_digest, before);
  EXPECT_LT(before, where);
  std::string text = describe(found);
  EXPECT_NE(text.find(std::to_string(raw(before))), std::string::npos) << text;
  EXPECT_NE(text.find(std::to_string(raw(*next))), std::string::npos) << text;
}

TEST_F(EvidenceReplay, BisectFindsTheStepAtWhichTwoMachinesPart) {
  // Two replays that should be the same, and are not from one event on: a machine that hears something else.
  Position where{};
  Opened a = open(with_other_input(where)), b = open(sample_past());
  Opened probe = open(with_other_input(where));
  auto divergence = probe.replayer->run_until(probe.replayer->end());
  ASSERT_TRUE(divergence);
  Bisection found = bisect(*a.replayer, *b.replayer, *divergence).value();
  ASSERT_TRUE(found.last_equal);
  EXPECT_EQ(*found.last_equal + 1, where);
  EXPECT_EQ(found.difference, "a device");
  EXPECT_EQ(a.replayer->at(), sample_past().begin) << "only clones run";
  EXPECT_NE(describe(found).find(std::to_string(raw(where))), std::string::npos);
}

TEST_F(EvidenceReplay, BisectFindsATimeAnchorThatIsOneTickOff) {
  Past past = sample_past();
  size_t middle = past.events.size() / 2;
  while (!std::holds_alternative<TimeAnchor>(past.events[middle].payload)) ++middle;
  std::get<TimeAnchor>(past.events[middle].payload).time_ticks += 1;
  Opened a = open(past), b = open(sample_past()), probe = open(past);
  auto divergence = probe.replayer->run_until(probe.replayer->end());
  ASSERT_TRUE(divergence);
  Bisection found = bisect(*a.replayer, *b.replayer, *divergence).value();
  ASSERT_TRUE(found.last_equal);
  EXPECT_EQ(*found.last_equal + 1, past.events[middle].position);
  EXPECT_EQ(found.difference, "a control register, or guest time");
}

TEST_F(EvidenceReplay, BisectNamesTheMemoryThatWasChanged) {
  // A bit flips in the memory of one of two machines; the guest never looks at it, so the rest stays equal.
  Opened a = open(sample_past()), b = open(sample_past());
  Position middle = a.replayer->at() + (a.replayer->end() - a.replayer->at()) / 2;
  ASSERT_FALSE(a.replayer->run_until(middle));
  ASSERT_FALSE(b.replayer->run_until(middle));
  b.replayer->machine().ram().frame(3000)[17] ^= 4;
  Divergence divergence{middle + 1, "seen here"};
  Bisection found = bisect(*a.replayer, *b.replayer, divergence).value();
  ASSERT_TRUE(found.last_equal);
  EXPECT_EQ(*found.last_equal, middle);
  EXPECT_EQ(found.difference, "memory at 0x80bb8011: 0x00 and 0x04");
}

// --- positions as people write them ---

TEST_F(EvidenceReplay, PositionsAreStepsSharesEventsAndMarks) {
  const Past& past = sample_past();
  Opened o = open(past);
  auto at = [&](const std::string& text) { return position_of(text, *o.replayer, past.end_ticks).value(); };
  EXPECT_EQ(at("end"), past.end);
  EXPECT_EQ(at(std::to_string(raw(past.begin) + 5)), past.begin + 5);
  EXPECT_EQ(at("0%"), past.begin);
  EXPECT_EQ(at("100%"), past.end);
  EXPECT_EQ(at("50%"), past.begin + (past.end - past.begin) / 2);
  EXPECT_EQ(at("event:0"), past.events.front().position);
  EXPECT_EQ(at("event:" + std::to_string(past.events.size() - 1)), past.end);
  for (const char* name : {"early", "late"}) {
    auto mark = std::ranges::find_if(past.events, [name](const Event& e) {
      const auto* request = std::get_if<OperatorRequest>(&e.payload);
      return request != nullptr && request->text == name;
    });
    ASSERT_NE(mark, past.events.end());
    EXPECT_EQ(at(name), mark->position);
  }
  EXPECT_EQ(at("-1000s"), past.begin) << "before what there is: its beginning";
}

TEST_F(EvidenceReplay, WhatIsNoPositionOrOutsideIsBadUsage) {
  const Past& past = sample_past();
  Opened o = open(past);
  const std::string wrong[] = {"",
                               "abc",
                               "-1",
                               "1.5",
                               "0x10",
                               "101%",
                               "-5%",
                               "nan%",
                               "%",
                               "s",
                               "-s",
                               "-nans",
                               "--1s",
                               "event:",
                               "event:x",
                               "event:-1",
                               "0",
                               "event:" + std::to_string(past.events.size()),
                               "5 ",
                               std::to_string(raw(past.end) + 1),
                               "99999999999999999999999",
                               "operator"};
  for (const std::string& text : wrong) {
    auto position = position_of(text, *o.replayer, past.end_ticks);
    ASSERT_FALSE(position) << text;
    EXPECT_EQ(position.error().kind, ErrorKind::kUsage);
    EXPECT_EQ(position.error().message.find('\n'), std::string::npos);
  }
}

TEST_F(EvidenceReplay, SecondsBeforeTheEndAreTheFirstStepOfThatTime) {
  const Past& past = sample_past();
  Opened o = open(past);
  std::vector<std::pair<Position, uint64_t>> asked;
  for (double seconds = 2.5; seconds >= 0; seconds -= 0.37) {
    auto position = position_of("-" + std::to_string(seconds) + "s", *o.replayer, past.end_ticks);
    ASSERT_TRUE(position) << position.error().message;
    asked.emplace_back(*position, past.end_ticks - static_cast<uint64_t>(std::ceil(seconds * 1e7)));
  }
  for (auto [position, ticks] : asked) {
    if (position != past.begin) {
      ASSERT_FALSE(o.replayer->run_until(Position{raw(position) - 1}));
      EXPECT_LT(o.replayer->machine().time_ticks(), ticks + 1);
    }
    ASSERT_FALSE(o.replayer->run_until(position));
    EXPECT_GE(o.replayer->machine().time_ticks() + 1, ticks);
  }
}

// --- the command line ---

struct Ended {
  int code;
  std::string output, errors;
};
std::string read_text(const std::string& path) {
  Bytes bytes = read_or_die(path);
  return {bytes.begin(), bytes.end()};
}
Ended recount(const std::string& arguments, const std::string& folder) {
  std::string out = folder + "/out", err = folder + "/err";
  int status = std::system((RECOUNT_BINARY " " + arguments + " > " + out + " 2> " + err).c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_text(out), read_text(err)};
}

TEST_F(EvidenceReplay, VerifySaysThatAnUncertifiedFileHolds) {
  std::string path = write_evidence(sample_past(), folder_, "x.recount").value();
  Ended ended = recount("verify " + path, folder_);
  EXPECT_EQ(ended.code, 0) << ended.errors;
  EXPECT_NE(ended.output.find("0 mismatches"), std::string::npos);
  EXPECT_NE(ended.output.find("without a certificate"), std::string::npos);
}

TEST_F(EvidenceReplay, VerifySaysWhereAReplayDiverges) {
  Position where{};
  std::string path = write_evidence(with_other_input(where), folder_, "x.recount").value();
  for (const char* verb : {"verify ", "replay "}) {
    Ended ended = recount(verb + path, folder_);
    EXPECT_EQ(ended.code, 4);
    EXPECT_EQ(ended.output, "");
    EXPECT_EQ(std::ranges::count(ended.errors, '\n'), 1) << ended.errors;
    EXPECT_TRUE(ended.errors.starts_with("recount: " + path + ": the replay diverged at position "))
        << ended.errors;
  }
  Ended ended = recount("verify --bisect " + path, folder_);
  EXPECT_EQ(ended.code, 4);
  EXPECT_TRUE(ended.output.starts_with("both engines agree at every step")) << ended.output;
  auto digests = digests_of(sample_past());
  auto next = std::ranges::find_if(digests, [&](Position p) { return p >= where; });
  EXPECT_NE(ended.output.find("not behind " + std::to_string(raw(*next))), std::string::npos) << ended.output;
}

}  // namespace
}  // namespace recount::test
