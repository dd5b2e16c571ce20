#pragma once
// A machine without a host: its console is a string, its time goes on at a fixed rate, its events are a list.
// So a run is a function of images, events and where it is observed, and two runs can be compared.

#include <memory>
#include <string>
#include <vector>

#include "event/guest_time.h"
#include "machine/machine.h"
#include "support/collected_console.h"

namespace recount::test {

// A captured machine: as evidence has it.
struct Checkpoint {
  Bytes state;
  Bytes dirty;
  Bytes ram;              // all of it
  size_t next_event = 0;  // of the list
};

class TestMachine {
 public:
  // Ends the test program if the machine cannot be made, or the images cannot be loaded. With no images at
  // all, nothing is loaded: the test pokes a state.
  TestMachine(const MachineConfig& config, const BootImages& images);

  Machine& machine() { return *machine_; }
  const std::string& console() const { return console_.text(); }

  // Events still to come, in order of position. Console input that finds no room is lost.
  void set_events(std::vector<Event> events) { events_ = std::move(events); }
  // Runs to target or to the guest's end, applying events on the way. A guest that waits is woken by its next
  // timer; kIdle if it has set none, and no event is left.
  Stop run_until(Position target);
  Stop run() { return run_until(Position{~0ull}); }

  // Of everything, output too. Starts a new set of dirty frames: takes part in what later digests see.
  CheckpointDigest digest();
  // Of the hart and devices only; changes nothing.
  Digest128 state_digest();

  Checkpoint capture();
  void restore(const Checkpoint& checkpoint);

  // All but its number.
  void set_hart(const HartState& state, unsigned hart = 0);

  // Every field of the machine's state as text, RAM left out.
  std::vector<std::pair<std::string, std::string>> fields();

 private:
  void apply(const Event& event);

  CollectedConsole console_;
  std::unique_ptr<Machine> machine_;
  std::vector<Event> events_;
  size_t next_event_ = 0;
};

// The rate of a machine's time: 100 million steps a second.
inline constexpr uint64_t kStepRate = (kTicksPerSecond << 32) / 100'000'000ull;
std::vector<Event> time_at_rate(uint64_t rate);

// What differs between two machines' fields(), a line each.
std::string difference(TestMachine& a, TestMachine& b);
// ... and of that the part that is in RAM: its first words.
std::string memory_difference(TestMachine& a, TestMachine& b);

// A file, or the end of the test program.
Bytes read_or_die(const std::string& path);

}  // namespace recount::test
