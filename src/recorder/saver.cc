#include "recorder/saver.h"

#include <fmt/format.h>

#include "base/build_info.h"
#include "disk/overlay.h"
#include "event/guest_time.h"
#include "evidence/certify.h"
#include "evidence/console_cast.h"
#include "evidence/evidence_writer.h"
#include "evidence/names.h"
#include "host/clock.h"
#include "host/folders.h"
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

  Result<EvidenceSaved> save(Ring& ring, uint64_t offset);

 private:
  Result<void> write_past(Ring& ring, uint64_t offset);
  Result<void> write_journal(Ring& ring, uint64_t offset);
  Result<void> write_segment(ByteView segment);
  Result<void> write_overlays();
  Result<ReplayVerdict> replay(const EvidenceReader& evidence, ConsoleCast& cast);
  Result<EvidenceSaved> certify();
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
    add_gap(*event);
    if (auto full = chain.add(*event)) {
      if (auto written = write_segment(*full); !written) return written;
    }
  }
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
                       .guest_time_end_ticks = guest_.machine->time_ticks(),  // the replay will tell
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

Result<ReplayVerdict> Saver::replay(const EvidenceReader& evidence, ConsoleCast& cast) {
  CastConsole console(cast);
  ReplayOptions options{.engine = setup_.engine, .temporary_folder = setup_.run_folder, .disk_paths = {}};
  auto replayer = TRY(Replayer::open(evidence, options, console));
  console.attach(replayer->machine());
  return replay_to_end(
      *replayer, [this](uint64_t percent) { supervisor_.send(encode_message(CertifyProgress{percent})); });
}

// What is certified is the file, not what this process remembers: it is read back and replayed. One that cannot be
// replayed here and now, for lack of memory or room, is worth keeping all the same: it says that it has no certificate.
Result<EvidenceSaved> Saver::certify() {
  auto evidence = TRY(EvidenceReader::open(writer_->temporary_path()));
  ConsoleCast cast(setup_.recorder_name, guest_.machine_info.rtc_base_ns);
  for (const ConsoleHistory::Piece& piece : guest_.console.history().pieces()) {
    cast.add(seconds_of(piece.ticks), piece.bytes);
  }
  auto verdict = replay(*evidence, cast);
  if (!verdict && verdict.error().kind == ErrorKind::kDamaged) return std::unexpected(verdict.error());
  EvidenceSaved saved;
  std::optional<Certificate> certificate;
  manifest_.uncertified_reason.clear();
  if (!verdict) {
    manifest_.uncertified_reason = saved.detail = "it could not be replayed: " + verdict.error().message;
  } else {
    saved.certified = manifest_.certified = verdict->exact();
    saved.steps = verdict->steps;
    saved.digests_compared = verdict->digests_compared;
    saved.mismatches = verdict->exact() ? 0 : 1;
    manifest_.guest_time_end_ticks = verdict->guest_time_end_ticks;
  }
  if (verdict && verdict->exact()) {
    certificate =
        make_certificate(*evidence, *verdict, engine_name(setup_.engine), kToolVersion, clock_.realtime_ns());
  } else if (verdict) {
    manifest_.diverged_at = verdict->divergence->position;
    manifest_.uncertified_reason = verdict->divergence->what;
    saved.detail = fmt::format("diverged at position {}: {}", raw(verdict->divergence->position),
                               verdict->divergence->what);
  }
  cast.marker(seconds_of(manifest_.guest_time_end_ticks), order_.notice.cause + ": " + order_.notice.detail);
  if (auto done = writer_->certify(manifest_, certificate, cast.finish()); !done)
    return std::unexpected(done.error());
  saved.path = TRY(writer_->publish());
  return saved;
}

Result<EvidenceSaved> Saver::save(Ring& ring, uint64_t offset) {
  auto written = write_past(ring, offset);
  // From here on nothing of the running recorder is needed, whether it worked or not.
  ring.control().pinned.store(~0ull);
  if (!written) return std::unexpected(written.error());
  if (auto finished = writer_->finish_uncertified(manifest_); !finished)
    return std::unexpected(finished.error());
  // Its memory is needed for the replay, and the images' locks by others.
  guest_.machine.reset();
  guest_.disks.images.clear();
  supervisor_.send(encode_message(PastCaptured{}));
  return certify();
}

}  // namespace

int run_saver(const SaverSetup& setup, const SaveEvidence& order, Guest& guest, Ring& ring, uint64_t offset,
              Channel supervisor) {
  auto saved = Saver(setup, order, guest, supervisor).save(ring, offset);
  if (saved) {
    supervisor.send(encode_message(*saved));
    return 0;
  }
  supervisor.send(encode_message(SaveFailed{saved.error()}));
  return static_cast<int>(saved.error().kind);
}

}  // namespace recount
