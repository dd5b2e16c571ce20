// Evidence from somebody who alters a journal and seals it again: replayed, each event ends in a Divergence
// at the worst. The input is the journal's records; their checksums are put right first.

#include <memory>

#include "base/check.h"
#include "journal/record.h"
#include "reseal.h"
#include "session/machine_state.h"
#include "session/replay_session.h"
#include "support/recording.h"

namespace recount::test {
namespace {

// Nobody's patience is tested here: a guest that runs on is one that runs on.
constexpr uint64_t kMostSteps = 1'000'000;

const Past& short_past() {
  static const Past past = [] {
    Recording recording;
    recording.run_ms(30);
    recording.checkpoint();
    recording.session().operator_request({OperatorAction::kMark, "here"});
    recording.session().console_input(view_of("typed"));
    recording.run_ms(30);
    recording.session().gap({GapReason::kThrottled, "a gap"});
    recording.run_ms(20);
    return recording.finish();
  }();
  return past;
}

class Nowhere final : public ConsolePort {
 public:
  void console_output(ConsoleId, ByteView) override {}
};

// One machine for all runs: its memory is put back frame by frame.
class Victim {
 public:
  Victim() : machine_(Machine::create(recording_config(), tap_).value()) {
    Ram& ram = machine_->ram();
    std::ranges::copy(short_past().ram, ram.frame(0));
  }

  void replay(const std::vector<Event>& events) {
    CHECK(restore_state(short_past().state, *machine_, tap_).has_value());
    ReplaySession session(*machine_, tap_);
    for (const Event& event : events) {
      if (event.position > short_past().begin + kMostSteps) break;
      // A digest forgets which frames are dirty, so they are noted before it.
      if (session.run_to(event.position)) break;
      note_dirty();
      if (session.replay(event)) break;
    }
    put_memory_back();
  }

 private:
  void note_dirty() {
    Ram& ram = machine_->ram();
    for (uint64_t i = 0; i < ram.frame_count(); ++i) {
      if ((ram.frame_flags(i) & kFrameDirty) != 0) touched_[i] = true;
    }
  }
  void put_memory_back() {
    note_dirty();
    Ram& ram = machine_->ram();
    for (uint64_t i = 0; i < ram.frame_count(); ++i) {
      if (touched_[i])
        std::copy_n(short_past().ram.begin() + static_cast<std::ptrdiff_t>(i * kPageSize), kPageSize,
                    ram.frame(i));
    }
    touched_.assign(touched_.size(), false);
  }

  Nowhere nowhere_;
  OutputTap tap_{nowhere_};
  std::unique_ptr<Machine> machine_;
  std::vector<bool> touched_ = std::vector<bool>(kRecordingRamBytes / kPageSize);
};

}  // namespace
}  // namespace recount::test

std::vector<std::vector<uint8_t>> fuzz_seeds() {
  using namespace recount;
  std::vector<Bytes> seeds(2);
  for (const Event& event : test::short_past().events) encode_record(event, seeds[0]);
  // Few events, so that mutation hits each of them.
  for (const Event& event : test::short_past().events) {
    if (!std::holds_alternative<TimeAnchor>(event.payload) || seeds[1].size() < 100)
      encode_record(event, seeds[1]);
  }
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace recount;
  static test::Victim victim;
  Bytes records = with_right_checksums({data, size});
  SealedSegment segment = seal_segment({.begin = test::short_past().begin}, records);
  ByteView chain = segment.bytes;
  auto events = read_chain(std::span(&chain, 1));
  if (events) victim.replay(*events);
  return 0;
}
