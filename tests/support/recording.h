#pragma once
// A real recording without processes: a small bare guest that ticks, prints and echoes, run by a
// RecordSession against a host clock that the test moves. What it gives can be replayed, made evidence, or
// altered first.

#include <memory>
#include <string>
#include <vector>

#include "evidence/manifest.h"
#include "session/record_session.h"
#include "support/collected_console.h"

namespace recount::test {

class EventList final : public EventSink {
 public:
  void append(const Event& event) override { events.push_back(event); }
  std::vector<Event> events;
};

// What evidence is made of: a state, and the events that lead from it to the end.
struct Past {
  Position begin{}, end{};
  uint64_t begin_ticks = 0, end_ticks = 0;
  Bytes state, ram;
  std::vector<Event> events;
  std::vector<DiskInfo> disks;
  std::vector<Bytes> overlays;  // in the order of disks
};

inline constexpr uint64_t kRecordingRamBytes = 16 << 20;
MachineConfig recording_config(EngineKind engine = kDefaultEngine);

// Prints a character every two milliseconds of guest time, writes to 64 pages in turn, sleeps in between, and
// echoes what is typed; 'q' powers off.
Bytes ticking_guest();

class Recording {
 public:
  explicit Recording(Digests digests = Digests::kOn);

  // Slices of host time, about 200 us each with some jitter, until so much of it has passed or the guest
  // ends.
  Stop run_ms(uint64_t ms);
  // The host does something else: time passes without a slice.
  void pass_ms(uint64_t ms) { host_ns_ += ms * 1'000'000; }
  // Clocks that misbehave.
  void suspend_ms(uint64_t ms) { suspended_ns_ += ms * 1'000'000; }
  void turn_clock_back_ms(uint64_t ms) { host_ns_ -= ms * 1'000'000; }
  void run_while_clock_stands_still(unsigned slices);

  RecordSession& session() { return *session_; }
  Machine& machine() { return *machine_; }
  const std::string& console() const { return console_.text(); }
  std::vector<Event>& events() { return sink_.events; }

  // What is remembered begins here.
  void checkpoint();
  // From the last checkpoint() to here, a failure's notice at its end.
  Past finish();

 private:
  CollectedConsole console_;
  OutputTap tap_{console_};
  EventList sink_;
  std::unique_ptr<Machine> machine_;
  std::unique_ptr<RecordSession> session_;
  uint64_t host_ns_ = 5'000'000'000'000, suspended_ns_ = 7'000'000'000;
  uint64_t slices_ = 0;
  Past past_;
};

// A past of some seconds, with marks "early" and "late", typed input and many anchors in it. Made once.
const Past& sample_past();

// An uncertified, but sealed evidence file of it; its path.
Result<std::string> write_evidence(const Past& past, const std::string& folder, const std::string& name);

}  // namespace recount::test
