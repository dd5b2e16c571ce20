#pragma once
// Replays an evidence file: a machine with the state at its beginning, and the journal that leads to its end.
// Nothing leaves this machine but what the caller listens to.

#include <memory>
#include <optional>
#include <vector>

#include "base/byte_source.h"
#include "disk/disk_history.h"
#include "disk/disk_image.h"
#include "evidence/evidence_reader.h"
#include "machine/machine.h"
#include "session/replay_session.h"

namespace recount {

struct ReplayOptions {
  EngineKind engine = kDefaultEngine;
  JitOptions jit;
  std::string temporary_folder;    // for what the guest writes to its disks
  // Where a disk's base image is, if not where it was when the evidence was made; by the manifest's number.
  std::vector<std::string> disk_paths;
  // For return_to(): the disks' pasts are kept.
  bool returns = false;
};

// Where a replay stood, but for what was in memory.
struct ReplayPoint {
  Position position{};
  Bytes state;
  size_t events_applied = 0;
  uint64_t digests_compared = 0;
};

// Every event of the evidence's journal. kDamaged if it is damaged or goes on behind the evidence's end.
Result<std::vector<Event>> read_journal(const EvidenceReader& evidence);

// The error that says so, and what to do: kDiverged.
std::unexpected<Error> fail_diverged(const Divergence& diverged);

class Replayer {
 public:
  // Output goes to console. kDamaged if a member is damaged or impossible; kUnreadable if a
  // disk's base image is not there or not the one recorded.
  static Result<std::unique_ptr<Replayer>> open(const EvidenceReader& evidence, const ReplayOptions& options,
                                                ConsolePort& console);

  // The same machine at the same position under another engine (or the same), independent of this one from
  // then on.
  Result<std::unique_ptr<Replayer>> clone(EngineKind engine);
  Result<std::unique_ptr<Replayer>> clone() { return clone(options_.engine); }

  // Replays up to this position, not beyond, or to the journal's end. The first difference, if there is one:
  // then nothing more runs. Events at target itself are applied. Where a debugger stops the machine it ends early, with all events
  // of there applied.
  std::optional<Divergence> run_until(Position target);

  Position at() const { return machine_->at(); }
  Position end() const { return end_; }
  Machine& machine() { return *machine_; }
  uint64_t digests_compared() const { return session_->digests_compared(); }
  uint64_t events_applied() const { return next_; }
  const std::vector<Event>& events() const { return events_; }
  // Back to where it stood, or on to where it stood already: memory has the bytes of there already. With
  // options.returns only, and not after a divergence.
  ReplayPoint point();
  void return_to(const ReplayPoint& point);
  // Adds the frames that may have been written since they were last asked for, or since the last digest before that.
  // With options.returns only.
  void take_written(std::vector<bool>& frames);

  // For who leaves the journal here and lets the machine run on: what stands behind its ports. Of each disk, what is written goes to a
  // layer that ends with this; not with options.returns.
  const OutputTap& tap() const { return tap_; }
  const std::vector<std::unique_ptr<DiskImage>>& disks() const { return disks_; }
  // What the disks held at every moment so far; with options.returns only.
  const std::vector<std::unique_ptr<DiskHistory>>& disk_histories() const { return histories_; }

  // Of the state here, with all of RAM.
  CheckpointDigest whole_digest();

 private:
  Replayer(ConsolePort& console, const Manifest& manifest, const ReplayOptions& options)
      : manifest_(manifest),
        options_(options),
        console_(console),
        tap_(console),
        end_(manifest.position_end) {}
  Result<void> make_machine(EngineKind engine);
  Result<void> load(const EvidenceReader& evidence);
  Result<void> open_disks(const EvidenceReader& evidence);
  Result<void> open_disk(size_t number, std::optional<ByteSource> overlay);
  std::string disk_path(size_t number) const;
  void set_moment(uint64_t moment);
  void gather_written();

  const Manifest manifest_;
  const ReplayOptions options_;
  ConsolePort& console_;
  OutputTap tap_;
  std::vector<std::unique_ptr<DiskImage>> disks_;
  std::vector<std::unique_ptr<DiskHistory>> histories_;  // of the disks, with options.returns
  std::unique_ptr<Machine> machine_;
  std::unique_ptr<ReplaySession> session_;
  std::vector<Event> events_;
  size_t next_ = 0;
  std::vector<bool> written_;  // frames whose kFrameDirty went with a digest
  const Position end_;
};

}  // namespace recount
