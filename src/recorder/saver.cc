#include "recorder/saver.h"

#include <fmt/format.h>

#include <array>

#include "base/build_info.h"
#include "disk/overlay.h"
#include "event/guest_time.h"
#include "evidence/certify.h"
#include "evidence/console_cast.h"
#include "evidence/evidence_writer.h"
#include "evidence/names.h"
#include "host/clock.h"
#include "host/folders.h"
#include "host/poll.h"
#include "host/process.h"
#include "journal/journal_reader.h"
#include "journal/segment.h"
#include "session/machine_state.h"

namespace recount {
namespace {

// Between an event on the host and the clock reading that goes with it.
constexpr uint64_t kClockUncertainty_ns = 10'000'000;

// "20261124T224500Z"
std::string compact_utc(uint64_t utc_ns) {
  std::string text = utc_text(utc_ns).substr(0, 19);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text + "Z";
}

// Listens to the replay, for the part of the console that lies between checkpoint and failure.
class CastConsole final : public ConsolePort {
 public:
  explicit CastConsole(ConsoleCast& cast) : cast_(cast) {}
  void attach(const Machine& machine) { machine_ = &machine; }
  void console_output(ConsoleId, ByteView bytes) override {
    cast_.add(seconds_of(machine_->time_ticks()), bytes);
  }

 private:
  ConsoleCast& cast_;
  const Machine* machine_ = nullptr;
};

class Saver {
 public:
  Saver(const SaverSetup& setup, const SaveEvidence& order, Guest& guest, Channel& supervisor)
      : setup_(setup), order_(order), guest_(guest), supervisor_(supervisor) {}

  // Exit code of the process; what became of the evidence is told to the supervisor.
  int run(Ring& ring, uint64_t offset);

 private:
  Result<void> capture(Ring& ring, uint64_t offset);
  int tell(const Result<EvidenceSaved>& saved);
  Result<void> write_past(Ring& ring, uint64_t offset);
  Result<void> write_journal(Ring& ring, uint64_t offset);
  Result<void> write_segment(ByteView segment);
  Result<void> write_overlays();
  struct Replay {
    std::unique_ptr<EvidenceReader> evidence;
    ReplayVerdict verdict;
  };
  Result<Replay> replay(ConsoleCast& cast);
  Result<EvidenceSaved> certify(Channel& over);
  Result<EvidenceSaved> keep_uncertified(const std::string& why);
  Result<EvidenceSaved> publish(EvidenceSaved saved, const std::optional<Certificate>& certificate, ConsoleCast& cast);
  ConsoleCast past_console() const;
  void add_gap(const Event& event);

  const SaverSetup& setup_;
  const SaveEvidence& order_;
  Guest& guest_;
  Channel& supervisor_;
  SystemClock clock_;
  std::unique_ptr<EvidenceWriter> writer_;
  Manifest manifest_;
  uint32_t segment_count_ = 0;
};

void Saver::add_gap(const Event& event) {
  const auto* gap = std::get_if<Gap>(&event.payload);
  if (gap == nullptr) return;
  constexpr const char* kReasons[] = {"suspended", "journal lost", "throttled"};
  manifest_.gaps.push_back({event.position, kReasons[static_cast<size_t>(gap->reason)], gap->text});
}

Result<void> Saver::write_segment(ByteView segment) {
  return writer_->add_member(segment_name(segment_count_++), segment);
}

// From the checkpoint to the failure's notice, or to the last event that the primary got out.
Result<void> Saver::write_journal(Ring& ring, uint64_t offset) {
  JournalReader reader(ring, setup_.spool_folder, offset);
  ChainWriter chain(guest_.machine->at());
  manifest_.position_end = guest_.machine->at();
  Timebase time = guest_.machine->timebase();
  for (bool over = false; !over; reader.pop()) {
    const Event* event = TRY(reader.peek());
    if (event == nullptr) {
      if (order_.to_the_end) break;
      return fail(ErrorKind::kFailure, "the journal ends before the failure");
    }
    if (!order_.to_the_end && event->position > order_.position) {
      return fail(ErrorKind::kFailure, "the backup has gone past the failure");
    }
    const auto* notice = std::get_if<FailureNotice>(&event->payload);
    over = !order_.to_the_end && notice != nullptr && event->position == order_.position &&
           *notice == order_.notice;
    manifest_.position_end = event->position;
    if (const auto* anchor = std::get_if<TimeAnchor>(&event->payload)) {
      time = {raw(event->position), raw(event->position), anchor->time_ticks, anchor->rate};
    }
    add_gap(*event);
    if (auto full = chain.add(*event)) {
      if (auto written = write_segment(*full); !written) return written;
    }
  }
  // Where no replay comes to tell what it is.
  manifest_.guest_time_end_ticks = time.ticks_at(raw(manifest_.position_end));
  return write_segment(chain.finish());
}

Result<void> Saver::write_overlays() {
  manifest_.disks = guest_.disks.infos;
  for (size_t i = 0; i < guest_.disks.images.size(); ++i) {
    const DiskStack& stack = guest_.disks.images[i]->stack();
    if (stack.next_written(0) == stack.clusters()) continue;
    manifest_.disks[i].overlay = overlay_name(i);
    if (auto written = writer_->add_member(overlay_name(i), export_overlay(stack)); !written) return written;
  }
  return {};
}

Result<void> Saver::write_past(Ring& ring, uint64_t offset) {
  if (auto made = make_folder(setup_.evidence_folder); !made) return made;
  manifest_ = Manifest{.tool_version = kToolVersion,
                       .build_id = build_id(),
                       .cause = order_.notice.cause,
                       .detail = order_.notice.detail,
                       .position_begin = guest_.machine->at(),
                       .guest_time_begin_ticks = guest_.machine->time_ticks(),
                       .utc_ns = clock_.realtime_ns(),
                       .monotonic_ns = clock_.monotonic_ns(),
                       .clock_uncertainty_ns = kClockUncertainty_ns,
                       .recorder = setup_.recorder_name,
                       .engine = engine_name(setup_.engine),
                       .machine = guest_.machine_info};
  manifest_.uncertified_reason = "it was not replayed yet";
  std::string name = fmt::format("{}-{}-{}.recount", setup_.recorder_name, order_.notice.cause,
                                 compact_utc(manifest_.utc_ns));
  writer_ = TRY(EvidenceWriter::create(setup_.evidence_folder, name));
  if (auto written = write_journal(ring, offset); !written) return written;
  if (auto written = writer_->add_member(kStateMember, capture_state(*guest_.machine, guest_.tap)); !written)
    return written;
  Ram& ram = guest_.machine->ram();
  if (auto written = writer_->add_ram({ram.host(ram.base()), ram.size()}); !written) return written;
  return write_overlays();
}

// What was on the console before the checkpoint.
ConsoleCast Saver::past_console() const {
  ConsoleCast cast(setup_.recorder_name, guest_.machine_info.rtc_base_ns);
  for (const ConsoleHistory::Piece& piece : guest_.console.history().pieces()) {
    cast.add(seconds_of(piece.ticks), piece.bytes);
  }
  return cast;
}

// What is certified is the file, not what this process remembers: it is read back and replayed.
Result<Saver::Replay> Saver::replay(ConsoleCast& cast) {
  auto evidence = TRY(EvidenceReader::open(writer_->temporary_path()));
  CastConsole console(cast);
  ReplayOptions options{.engine = setup_.engine, .temporary_folder = setup_.run_folder, .disk_paths = {}};
  auto replayer = TRY(Replayer::open(*evidence, options, console));
  console.attach(replayer->machine());
  ReplayVerdict verdict = replay_to_end(
      *replayer, [this](uint64_t percent) { supervisor_.send(encode_message(CertifyProgress{percent})); });
  return Replay{std::move(evidence), std::move(verdict)};
}

Result<EvidenceSaved> Saver::publish(EvidenceSaved saved, const std::optional<Certificate>& certificate, ConsoleCast& cast) {
  cast.marker(seconds_of(manifest_.guest_time_end_ticks), order_.notice.cause + ": " + order_.notice.detail);
  if (auto done = writer_->certify(manifest_, certificate, cast.finish()); !done) return std::unexpected(done.error());
  saved.path = TRY(writer_->publish());
  return saved;
}

// Evidence that cannot be replayed here and now, for lack of memory or room, is worth keeping: it says that it has no
// certificate.
Result<EvidenceSaved> Saver::keep_uncertified(const std::string& why) {
  EvidenceSaved saved;
  manifest_.uncertified_reason = saved.detail = "it could not be replayed: " + why;
  ConsoleCast cast = past_console();
  return publish(std::move(saved), std::nullopt, cast);
}

// over: told when the replay has come to an end, be it an error.
Result<EvidenceSaved> Saver::certify(Channel& over) {
  ConsoleCast cast = past_console();
  auto replayed = replay(cast);
  constexpr uint8_t kOver = 1;
  over.send({&kOver, 1});
  if (!replayed && replayed.error().kind == ErrorKind::kDamaged) return std::unexpected(replayed.error());
  if (!replayed) return keep_uncertified(replayed.error().message);
  const ReplayVerdict& verdict = replayed->verdict;
  EvidenceSaved saved{.certified = verdict.exact(),
                      .detail = {},
                      .steps = verdict.steps,
                      .digests_compared = verdict.digests_compared,
                      .mismatches = verdict.exact() ? 0u : 1u};
  manifest_.guest_time_end_ticks = verdict.guest_time_end_ticks;
  manifest_.certified = verdict.exact();
  manifest_.uncertified_reason.clear();
  std::optional<Certificate> certificate;
  if (verdict.exact()) {
    certificate =
        make_certificate(*replayed->evidence, verdict, engine_name(setup_.engine), kToolVersion, clock_.realtime_ns());
  } else {
    manifest_.diverged_at = verdict.divergence->position;
    manifest_.uncertified_reason = verdict.divergence->what;
    saved.detail = fmt::format("diverged at position {}: {}", raw(verdict.divergence->position), verdict.divergence->what);
  }
  return publish(std::move(saved), certificate, cast);
}

Result<void> Saver::capture(Ring& ring, uint64_t offset) {
  auto written = write_past(ring, offset);
  // From here on nothing of the running recorder is needed, whether it worked or not.
  ring.control().pinned.store(~0ull);
  if (!written) return written;
  if (auto finished = writer_->finish_uncertified(manifest_); !finished) return finished;
  // Its memory is needed for the replay, and the images' locks by others.
  guest_.machine.reset();
  guest_.disks.images.clear();
  supervisor_.send(encode_message(PastCaptured{}));
  return {};
}

int Saver::tell(const Result<EvidenceSaved>& saved) {
  supervisor_.send(saved ? encode_message(*saved) : encode_message(SaveFailed{saved.error()}));
  return saved ? 0 : static_cast<int>(saved.error().kind);
}

// A child replays and does the rest. What fails in the middle of a replay (no room for what the guest writes, no memory) may
// end its process, and is not to take the evidence along: then this process, which waits, keeps it without a certificate.
int Saver::run(Ring& ring, uint64_t offset) {
  if (auto captured = capture(ring, offset); !captured) return tell(std::unexpected(captured.error()));
  auto over = Channel::pair();
  if (!over) return tell(keep_uncertified(over.error().message));
  auto& [ours, theirs] = *over;
  auto forked = fork_process("recount-saver", [this, &ours, &theirs] {
    die_with_parent();
    ours = Channel();
    return tell(certify(theirs));
  });
  if (!forked) return tell(keep_uncertified(forked.error().message));
  theirs = Channel();
  constexpr uint64_t kWait_ns = 1'000'000'000;
  bool replayed = false;
  while (!ours.closed()) {
    wait_readable(std::array{ours.fd()}, kWait_ns);
    while (ours.receive()) replayed = true;
  }
  return replayed ? 0 : tell(keep_uncertified("the replay broke off"));
}

}  // namespace

int run_saver(const SaverSetup& setup, const SaveEvidence& order, Guest& guest, Ring& ring, uint64_t offset,
              Channel supervisor) {
  return Saver(setup, order, guest, supervisor).run(ring, offset);
}

}  // namespace recount
