#pragma once
// Where a debugger stands in evidence: any position of it can be reached, forwards and backwards. Everything is a
// replay: nothing that is asked here changes the guest or what the evidence says.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "debug/checkpoints.h"
#include "debug/watch.h"
#include "evidence/replayer.h"

namespace recount {

struct TimelineOptions {
  ReplayOptions replay;
  uint64_t budget_bytes = 1024ull << 20;  // of host memory for checkpoints, beside a copy of the guest's memory
  // A file that remembers the first replay for the next opening; it is read if it is there. Empty: none.
  std::string index_path;
  // Of the first replay, which opening takes without an index: percent of the way to the end. May be empty.
  std::function<void(uint64_t percent)> progress;
};

enum class Direction : uint8_t { kForward, kBackward };

enum class StopReason : uint8_t { kBreakpoint, kWatch, kBegin, kEnd, kInterrupted };

// A watched range was accessed. By loads, stores and what devices write; not by devices that read, nor by walks of page tables.
struct WatchHit {
  Watch watch;
  // In the step from here to the next position: by its instruction, or by an event there that brings data.
  Position before{};
  Bytes old_value, new_value;  // of the whole range
};

struct Stopped {
  StopReason reason = StopReason::kEnd;
  unsigned hart = 0;  // the breakpoint's, or whose step it changed in
  std::optional<WatchHit> watch;
};

// What scan() looks for, and whom it tells.
struct Hooks {
  std::vector<uint64_t> pcs;
  std::vector<Watch> watches;
  // Before an instruction at one of the pcs runs: machine() is as it is there. False: enough, the scan ends.
  std::function<bool(Position, unsigned hart)> on_pc;
  // After an access: machine() is as it is behind it. False: enough.
  std::function<bool(const WatchHit&, unsigned hart)> on_access;
  // Every million steps: how far it is. False: enough. May be empty.
  std::function<bool(Position)> on_progress;
};

class Timeline {
 public:
  // Stands at the end. What the guest prints goes to console, again and again, as often as it is replayed. kDiverged if
  // the evidence does not replay.
  static Result<std::unique_ptr<Timeline>> open(const EvidenceReader& evidence, const TimelineOptions& options,
                                                ConsolePort& console);
  ~Timeline();

  // The index was there and is of this evidence: nothing was replayed.
  bool opened_by_index() const { return opened_by_index_; }
  // Of what has been replayed so far, to the end. kUnreadable or kUnavailable if it cannot be written.
  Result<void> write_index();

  Position begin() const { return begin_; }
  Position end() const { return end_; }
  Position at() const;
  // As it is at at(); to be read only. Valid until the next move.
  Machine& machine();
  // Of the whole evidence, with their positions in order.
  const std::vector<Event>& events() const;
  // Guest time as it runs on from the begin.
  const Timebase& time_at_begin() const { return time_at_begin_; }

  // Events at the position itself have happened there. kUsage outside of [begin, end].
  Result<void> go_to(Position position);

  // Guest virtual addresses of pc, in any address space.
  void set_breakpoints(std::vector<uint64_t> pcs);
  // Watches of no bytes, and what is not RAM, are ignored.
  void set_watchpoints(std::vector<Watch> watches);

  // Runs to the next (previous) hit, the begin or the end. A breakpoint hit stops before the instruction at that pc runs,
  // and never where it stands already; a watch hit stops behind the access going forwards, right before it going
  // backwards. interrupted is polled every million steps, and may be empty.
  Result<Stopped> resume(Direction direction, const std::function<bool()>& interrupted);
  // Whole machine steps, of whichever hart's turn it is; not beyond begin or end (then kBegin or kEnd).
  Result<Stopped> step(Direction direction, uint64_t steps = 1);
  // Every hit in [from, to), without the breakpoints and watchpoints set; then stands where it stood before.
  Result<void> scan(Position from, Position to, const Hooks& hooks);

 private:
  Timeline(const EvidenceReader& evidence, TimelineOptions options, ConsolePort& console);
  Result<void> start();
  Result<void> run_to(Position target);
  Result<void> run_with_checkpoints_to(Position target);
  Result<std::optional<Stopped>> last_in(Position from, Position to, const std::function<bool()>& interrupted, Position& where);
  std::optional<WatchHit> hit_of(size_t watch) const;
  ByteView value_of(const Watch& watch) const;
  void remember_values();
  class Armed;
  Result<std::optional<Stopped>> next_stop(Position limit);
  Result<void> run_to_stops(Position limit);
  Result<Stopped> resume_backward(const std::function<bool()>& interrupted);

  const EvidenceReader& evidence_;
  const TimelineOptions options_;
  ConsolePort& console_;
  const Position begin_, end_;
  const uint64_t spacing_;  // of the checkpoints that are left everywhere
  std::unique_ptr<Replayer> replayer_;
  Timebase time_at_begin_;
  bool opened_by_index_ = false;
  std::unique_ptr<Checkpoints> checkpoints_;
  std::vector<uint64_t> breakpoints_;
  std::vector<Watch> watches_;
  std::vector<Bytes> values_;  // of the watches, as last looked at
  std::vector<Stopped> more_;  // stops of the step to here that are not told yet, the next one last; while Armed
  DebugStops stops_;           // of the machine, while Armed
};

}  // namespace recount
