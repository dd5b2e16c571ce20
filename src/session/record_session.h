#pragma once
// Runs a machine against the world: nondeterminism enters here, as events at exact positions, and each is
// handed to the sink (the journal) before it takes effect. Owns no clock: the caller says what time it is.

#include <deque>

#include "event/event_sink.h"
#include "event/guest_time.h"
#include "machine/machine.h"
#include "session/output_tap.h"
#include "session/time_keeper.h"

namespace recount {

// Whether checkpoint digests are taken. Without a journal to put them into they would be work for nobody.
enum class Digests : uint8_t { kOff, kOn };

class RecordSession {
 public:
  // The tap stands behind machine's console.
  RecordSession(Machine& machine, const OutputTap& tap, EventSink& sink, uint64_t host_ns,
                Digests digests = Digests::kOn)
      : machine_(machine),
        tap_(tap),
        sink_(sink),
        time_(host_ns),
        next_digest_ticks_(digests == Digests::kOn ? kDigestTicks : kNever),
        last_slice_ns_(host_ns) {}

  // At position 0: the first event, from which the machine's random bytes follow. seed is the machine's own.
  void power_on(const std::array<uint8_t, 32>& seed);

  // One slice: re-anchors time, lets in what waits, digests once a second, and runs some steps. suspended_ns: how long
  // the host has been suspended so far; host_ns does not count that, nor does the guest's time.
  Stop run_slice(uint64_t host_ns, uint64_t suspended_ns = 0);

  // These wait for the next slice. Console input waits on until the device has room.
  void console_input(ByteView bytes) {
    waiting_input_.insert(waiting_input_.end(), bytes.begin(), bytes.end());
  }
  // A frame from the network. It waits until the guest has a buffer for it; where nobody listens, it has gone by.
  void packet(Bytes frame);
  void disk_completion(const DiskCompletion& completion) { waiting_.emplace_back(completion); }
  void operator_request(OperatorRequest request) { waiting_.emplace_back(std::move(request)); }
  // At this very position, within a slice too. The guest's own words, so that nobody takes them for the operator's.
  void guest_mark(const std::string& text) {
    sink_.append({machine_.at(), OperatorRequest{OperatorAction::kMark, "guest: " + text}});
  }
  // Something is missing here, and the journal shall say so.
  void gap(Gap gap) { waiting_.emplace_back(std::move(gap)); }

  // The last words of a recording: the digest of the state here, and why it ended.
  void note_failure(FailureNotice notice);

  // After Stop::kIdle: when to call again at the latest, in host time; kNever if only an event can wake the
  // guest.
  uint64_t wake_ns() const;

 private:
  // A slice is to take about this long: long enough that what is done between slices costs little, short enough that
  // input is let in and time is anchored well within a millisecond.
  static constexpr uint64_t kSlice_ns = 200'000;
  static constexpr uint64_t kShortestSlice = 30'000, kLongestSlice = 400'000;  // steps
  // Frames that wait for a buffer. What comes then is lost, as in a switch whose queue is full.
  static constexpr size_t kMostWaitingPackets = 1024;
  static constexpr uint64_t kDigestTicks = kTicksPerSecond;
  // Nobody waits this long between slices: the process was stopped, or the host slept.
  static constexpr uint64_t kSuspended_ns = 3'000'000'000;
  static constexpr uint64_t kHostSuspended_ns = 500'000'000;  // more than two readings of clocks are apart

  void inject(Payload payload);
  void let_events_in();
  void let_input_in();
  void let_packets_in();
  void digest();
  void note_suspension(uint64_t gone_ns, uint64_t suspended_ns);
  void choose_slice(uint64_t gone_ns);

  Machine& machine_;
  const OutputTap& tap_;
  EventSink& sink_;
  TimeKeeper time_;
  bool idle_ = false;  // the last slice ended in WFI
  Bytes waiting_input_;
  std::deque<Bytes> waiting_packets_;
  std::deque<Payload> waiting_;
  uint64_t next_digest_ticks_;
  uint64_t last_slice_ns_;
  std::optional<uint64_t> last_suspended_ns_;
  uint64_t slice_steps_ = kShortestSlice;
};

}  // namespace recount
