#pragma once
// Runs a machine against the world: nondeterminism enters here, as events at exact positions, and each is
// handed to the sink (the journal) before it takes effect. Owns no clock: the caller says what time it is.

#include "machine/machine.h"
#include "session/console_tap.h"
#include "session/time_keeper.h"

namespace recount {

class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void append(const Event& event) = 0;
};

class RecordSession {
 public:
  // The tap stands behind machine's console.
  RecordSession(Machine& machine, const ConsoleTap& tap, EventSink& sink, uint64_t host_ns)
      : machine_(machine), tap_(tap), sink_(sink), time_(host_ns) {}

  // One slice: re-anchors time, lets queued input in, digests once a second, and runs at most kSliceSteps.
  Stop run_slice(uint64_t host_ns);
  // Input for the console; it waits here until the device has room.
  void console_input(ByteView bytes) { waiting_input_.insert(waiting_input_.end(), bytes.begin(), bytes.end()); }
  // After Stop::kIdle: when to call again at the latest, in host time; kNever if only input can wake the guest.
  uint64_t wake_ns() const;

 private:
  static constexpr uint64_t kSliceSteps = 30'000;
  static constexpr uint64_t kDigestTicks = 10'000'000;  // a second

  void inject(Payload payload);
  void let_input_in();
  void digest_if_due();

  Machine& machine_;
  const ConsoleTap& tap_;
  EventSink& sink_;
  TimeKeeper time_;
  bool idle_ = false;  // the last slice ended in WFI
  Bytes waiting_input_;
  uint64_t next_digest_ticks_ = kDigestTicks;
};

}  // namespace recount
