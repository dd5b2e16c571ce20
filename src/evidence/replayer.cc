#include "evidence/replayer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "disk/base_digest.h"
#include "disk/overlay.h"
#include "evidence/names.h"
#include "journal/segment.h"
#include "session/machine_state.h"

namespace recount {

Result<std::unique_ptr<Replayer>> Replayer::open(const EvidenceReader& evidence, const ReplayOptions& options,
                                                 ConsolePort& console) {
  std::unique_ptr<Replayer> replayer(new Replayer(console, evidence.manifest(), options));
  if (auto loaded = replayer->load(evidence); !loaded) return std::unexpected(loaded.error());
  return replayer;
}

Result<void> Replayer::load(const EvidenceReader& evidence) {
  if (auto opened = open_disks(evidence); !opened) return opened;
  if (auto made = make_machine(options_.engine); !made) return made;
  Ram& ram = machine_->ram();
  if (auto loaded = evidence.load_ram({ram.host(ram.base()), ram.size()}); !loaded) return loaded;
  Bytes state = TRY(evidence.member(kStateMember));
  if (auto restored = restore_state(state, *machine_, tap_); !restored) {
    return std::unexpected(in_context(kStateMember, restored.error()));
  }
  if (machine_->at() != manifest_.position_begin) {
    return fail(ErrorKind::kDamaged, "the state is not of the position that the manifest names");
  }
  events_ = TRY(read_journal(evidence));
  return {};
}

Result<void> Replayer::make_machine(EngineKind engine) {
  const MachineInfo& info = manifest_.machine;
  std::vector<BlockPort*> ports;
  for (const auto& disk : disks_) ports.push_back(&disk->stack());
  for (size_t i = 0; i < histories_.size(); ++i) ports[i] = histories_[i].get();
  MachineConfig config{.harts = static_cast<unsigned>(info.hart_count),
                       .ram_bytes = info.ram_bytes,
                       .append = info.append,
                       .mmu = info.mmu,
                       .rtc_base_ns = info.rtc_base_ns,
                       .mac = info.network ? parse_mac(info.network->mac) : std::nullopt,
                       .engine = engine,
                       .jit = options_.jit};
  auto machine = Machine::create(config, tap_, ports, &tap_);
  // No memory is this host's fault; all else is the manifest's.
  if (!machine && machine.error().kind == ErrorKind::kUnavailable) return std::unexpected(machine.error());
  if (!machine) return fail(ErrorKind::kDamaged, "manifest: " + machine.error().message);
  machine_ = std::move(*machine);
  session_ = std::make_unique<ReplaySession>(*machine_, tap_);
  return {};
}

std::string Replayer::disk_path(size_t number) const {
  return number < options_.disk_paths.size() ? options_.disk_paths[number] : manifest_.disks[number].path;
}

Result<void> Replayer::open_disks(const EvidenceReader& evidence) {
  for (size_t i = 0; i < manifest_.disks.size(); ++i) {
    const DiskInfo& info = manifest_.disks[i];
    std::string path = disk_path(i);
    if (TRY(base_digest(path)) != info.base_digest) {
      return fail(ErrorKind::kUnreadable,
                  path + ": not the image that the evidence was recorded with (BLAKE2b " +
                      info.base_digest.hex().substr(0, 16) + "...); give its copy with --drive");
    }
    std::optional<ByteSource> overlay;
    if (!info.overlay.empty()) overlay = TRY(evidence.member_source(info.overlay));
    if (auto opened = open_disk(i, std::move(overlay)); !opened) return opened;
  }
  return {};
}

// The base image, on it what the overlay holds, and a layer for what the replay writes.
Result<void> Replayer::open_disk(size_t number, std::optional<ByteSource> overlay) {
  const DiskInfo& info = manifest_.disks[number];
  auto access = info.read_only ? DiskAccess::kReadOnly : DiskAccess::kReadWrite;
  auto disk = TRY(DiskImage::open_for_replay(disk_path(number), access));
  if (disk->stack().disk_bytes() != info.size_bytes) {
    return fail(ErrorKind::kDamaged,
                "manifest: disks: " + disk_path(number) + " is not of the size that is listed");
  }
  if (overlay) {
    auto layer = import_overlay(std::move(*overlay), info.size_bytes, options_.temporary_folder);
    if (!layer) return std::unexpected(in_context(info.overlay, layer.error()));
    disk->stack().push(std::move(*layer));
  }
  if (options_.returns) {
    histories_.push_back(TRY(DiskHistory::create(disk->stack(), options_.temporary_folder)));
  } else if (!info.read_only) {
    if (auto pushed = disk->push_temporary(options_.temporary_folder); !pushed) return pushed;
  }
  disks_.push_back(std::move(disk));
  return {};
}

Result<std::vector<Event>> read_journal(const EvidenceReader& evidence) {
  std::vector<Bytes> segments;
  for (uint32_t i = 0; evidence.has_member(segment_name(i)); ++i) {
    segments.push_back(TRY(evidence.member(segment_name(i))));
  }
  std::vector<ByteView> views(segments.begin(), segments.end());
  auto events = TRY(read_chain(views));
  if (!events.empty() && events.back().position > evidence.manifest().position_end) {
    return fail(ErrorKind::kDamaged, "the journal goes on behind the end that the manifest names");
  }
  return events;
}

Result<std::unique_ptr<Replayer>> Replayer::clone(EngineKind engine) {
  CHECK(!options_.returns);  // a disk's history is not in its layers
  ReplayOptions options = options_;
  options.engine = engine;
  std::unique_ptr<Replayer> copy(new Replayer(console_, manifest_, options));
  for (size_t i = 0; i < disks_.size(); ++i) {
    auto opened = copy->open_disk(i, export_overlay(disks_[i]->stack()));
    if (!opened) return std::unexpected(opened.error());
  }
  if (auto made = copy->make_machine(engine); !made) return std::unexpected(made.error());
  Ram &from = machine_->ram(), &to = copy->machine_->ram();
  std::copy_n(from.host(from.base()), from.size(), to.host(to.base()));
  Bytes state = capture_state(*machine_, tap_);
  if (auto restored = restore_state(state, *copy->machine_, copy->tap_); !restored)
    return std::unexpected(restored.error());
  copy->events_ = events_;
  copy->next_ = next_;
  return copy;
}

std::unexpected<Error> fail_diverged(const Divergence& diverged) {
  return fail(ErrorKind::kDiverged, fmt::format("the replay diverged at position {}: {} (recount verify --bisect narrows it)",
                                                raw(diverged.position), diverged.what));
}

std::optional<Divergence> Replayer::run_until(Position target) {
  target = std::min(target, end_);
  for (; next_ < events_.size() && events_[next_].position <= target; ++next_) {
    const Event& event = events_[next_];
    if (machine_->stopped_by_debugger() && event.position > at()) return std::nullopt;
    set_moment(next_ + 1);
    if (options_.returns && std::holds_alternative<CheckpointDigest>(event.payload)) {
      if (auto diverged = session_->run_to(event.position)) return diverged;
      if (at() < event.position) return std::nullopt;
      gather_written();
    }
    if (auto diverged = session_->replay(event)) return diverged;
    if (at() < event.position) return std::nullopt;
  }
  if (machine_->stopped_by_debugger()) return std::nullopt;
  return session_->run_to(target);
}

void Replayer::set_moment(uint64_t moment) {
  for (const auto& history : histories_) history->set_moment(moment);
}

// The digest clears the flags.
void Replayer::gather_written() {
  Ram& ram = machine_->ram();
  written_.resize(ram.frame_count(), false);
  for (uint64_t i = 0; i < ram.frame_count(); ++i) {
    if ((ram.frame_flags(i) & kFrameDirty) != 0) written_[i] = true;
  }
}

void Replayer::take_written(std::vector<bool>& frames) {
  CHECK(options_.returns);
  gather_written();
  for (size_t i = 0; i < written_.size(); ++i) {
    if (written_[i]) frames[i] = true;
  }
  written_.assign(written_.size(), false);
}

ReplayPoint Replayer::point() {
  CHECK(options_.returns);
  return {at(), capture_state(*machine_, tap_), next_, session_->digests_compared()};
}

void Replayer::return_to(const ReplayPoint& point) {
  CHECK(options_.returns);
  auto restored = restore_state(point.state, *machine_, tap_);
  CHECK(restored && machine_->at() == point.position);  // its own state, and of the same machine
  next_ = point.events_applied;
  set_moment(next_);
  session_->go_on_from(point.digests_compared);
  written_.assign(machine_->ram().frame_count(), false);
}

CheckpointDigest Replayer::whole_digest() {
  CheckpointDigest digest = machine_->digest_here();
  digest.output = tap_.digest().value();
  Ram& ram = machine_->ram();
  digest.ram = fast_digest({ram.host(ram.base()), ram.size()});
  return digest;
}

}  // namespace recount
