#include "support/test_machine.h"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>

#include "host/file.h"

namespace recount::test {
namespace {

template <class T>
T or_die(Result<T> result) {
  if (result) return std::move(result).value();
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(1);
}

class SetHart {
 public:
  SetHart(const HartState& to, unsigned hart) : to_(to), name_("hart" + std::to_string(hart)) {}
  template <class T>
  void operator()(std::string_view name, T& value) {
    if constexpr (std::is_same_v<T, HartState>) {
      if (name == name_) value = to_;
    }
  }

 private:
  const HartState& to_;
  const std::string name_;
};

// An archive that writes fields as text.
class Describe {
 public:
  std::vector<std::pair<std::string, std::string>> fields;

  template <class T>
  void operator()(std::string_view name, T& value) {
    std::string full = prefix_ + std::string(name);
    if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
      char text[32];
      std::snprintf(text, sizeof text, "0x%" PRIx64, static_cast<uint64_t>(value));
      fields.emplace_back(full, text);
    } else {
      std::string saved = prefix_;
      prefix_ = full + ".";
      if constexpr (requires { value.state(*this); }) {
        value.state(*this);
      } else {
        for (size_t i = 0; i < value.size(); ++i) (*this)(std::to_string(i), value[i]);
      }
      prefix_ = saved;
    }
  }

 private:
  std::string prefix_;
};

}  // namespace

TestMachine::TestMachine(const MachineConfig& config, const BootImages& images)
    : machine_(or_die(Machine::create(config, console_))) {
  if (images.firmware.empty() && images.kernel.empty()) return;
  if (auto booted = machine_->boot(images); !booted) {
    std::fprintf(stderr, "%s\n", booted.error().message.c_str());
    std::exit(1);
  }
}

Stop TestMachine::run_until(Position target) {
  for (;;) {
    while (next_event_ < events_.size() && events_[next_event_].position == machine_->at()) {
      apply(events_[next_event_++]);
    }
    Position until = target;
    if (next_event_ < events_.size() && events_[next_event_].position < target)
      until = events_[next_event_].position;
    Stop stop = machine_->run_until(until);
    if (stop == Stop::kPosition && until == target) return stop;
    if (stop == Stop::kPosition) continue;
    if (stop != Stop::kIdle || machine_->at() == target) return stop;
    uint64_t wake = machine_->next_timer_ticks();
    if (wake == kNever) return stop;
    machine_->apply({machine_->at(), TimeAnchor{wake, kStepRate}});
  }
}

void TestMachine::apply(const Event& event) {
  const auto* input = std::get_if<ConsoleInput>(&event.payload);
  if (input != nullptr && input->bytes.size() > machine_->console_room(input->console)) return;
  machine_->apply(event);
}

CheckpointDigest TestMachine::digest() {
  CheckpointDigest digest = machine_->checkpoint_digest();
  digest.output = console_.digest();
  return digest;
}

Digest128 TestMachine::state_digest() {
  DigestArchive archive;
  machine_->state(archive);
  return archive.finish();
}

Checkpoint TestMachine::capture() {
  SaveArchive archive;
  archive("machine", *machine_);
  archive("console", console_);
  Ram& ram = machine_->ram();
  return {archive.finish(), ram.dirty_bitmap(), Bytes(ram.frame(0), ram.frame(0) + ram.size()), next_event_};
}

void TestMachine::restore(const Checkpoint& checkpoint) {
  auto archive = or_die(LoadArchive::parse(checkpoint.state));
  (*archive)("machine", *machine_);
  (*archive)("console", console_);
  Ram& ram = machine_->ram();
  auto status = archive->status();
  if (!status || !ram.set_dirty_bitmap(checkpoint.dirty) || checkpoint.ram.size() != ram.size()) {
    std::fprintf(stderr, "the checkpoint does not fit the machine\n");
    std::exit(1);
  }
  std::copy(checkpoint.ram.begin(), checkpoint.ram.end(), ram.frame(0));
  machine_->restored();
  next_event_ = checkpoint.next_event;
}

void TestMachine::set_hart(const HartState& state, unsigned hart) {
  SetHart set(state, hart);
  machine_->state(set);
  machine_->restored();
}

std::vector<std::pair<std::string, std::string>> TestMachine::fields() {
  Describe describe;
  machine_->state(describe);
  return describe.fields;
}

std::vector<Event> time_at_rate(uint64_t rate) { return {{Position{0}, TimeAnchor{0, rate}}}; }

std::string difference(TestMachine& a, TestMachine& b) {
  auto fields_a = a.fields(), fields_b = b.fields();
  std::string text;
  for (size_t i = 0; i < fields_a.size() && i < fields_b.size(); ++i) {
    if (fields_a[i] != fields_b[i]) {
      text += "  " + fields_a[i].first + ": " + fields_a[i].second + " | " + fields_b[i].second + "\n";
    }
  }
  return text + memory_difference(a, b);
}

std::string memory_difference(TestMachine& a, TestMachine& b) {
  constexpr unsigned kMostLines = 64;
  Ram& ram_a = a.machine().ram();
  Ram& ram_b = b.machine().ram();
  std::string text;
  unsigned lines = 0;
  for (uint64_t i = 0; i < ram_a.frame_count(); ++i) {
    for (uint64_t offset = 0; offset < kPageSize; offset += 8) {
      auto va = load_le<uint64_t>(ram_a.frame(i) + offset), vb = load_le<uint64_t>(ram_b.frame(i) + offset);
      if (va == vb) continue;
      if (++lines > kMostLines) return text + "  ram: and more\n";
      char line[96];
      std::snprintf(line, sizeof line, "  ram 0x%" PRIx64 ": 0x%" PRIx64 " | 0x%" PRIx64 "\n",
                    raw(ram_a.base()) + (i << kPageShift) + offset, va, vb);
      text += line;
    }
  }
  return text;
}

Bytes read_or_die(const std::string& path) { return or_die(read_file(path)); }

}  // namespace recount::test
