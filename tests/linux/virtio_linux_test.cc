// Linux drives every virtio device, is recorded, and replayed from the events; then a second session takes
// over in the middle, with requests under way. Host time is made up, so that nothing here depends on the
// host's speed.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>

#include "device/virtio/memory_disk_for_tests.h"
#include "support/guest.h"
#include "session/record_session.h"
#include "session/replay_session.h"

namespace recount::test {
namespace {

using testing::MemoryDisk;

constexpr uint64_t kHostStart_ns = 1'000'000'000;
constexpr std::string_view kTyped = "forty-two";

class Collected final : public ConsolePort {
 public:
  void console_output(ConsoleId console, ByteView bytes) override {
    auto& text = console == ConsoleId::kUart ? uart : hvc;
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    total += bytes.size();
  }
  std::string uart, hvc;
  size_t total = 0;
};

class EventList final : public EventSink {
 public:
  void append(const Event& event) override { events.push_back(event); }
  std::vector<Event> events;
};

Bytes second_disk() {
  Bytes bytes(300 * kSectorSize);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i * i >> 7);
  return bytes;
}

// A machine with its two disks and whatever stands behind its consoles.
struct System {
  explicit System(Bytes disk) : vda(std::move(disk)) {
    MachineConfig config{.ram_bytes = 256ull << 20, .append = "console=ttyS0 quiet recount.run=virtio"};
    for (size_t i = 0; i < config.seed.size(); ++i) config.seed[i] = static_cast<uint8_t>(i + 1);
    seed = config.seed;
    auto made = Machine::create(config, tap, {&vda, &vdb});
    CHECK(made.has_value());
    machine = std::move(*made);
  }
  void boot() {
    BootImages images{
        .firmware = {}, .kernel = guest_file("Image"), .initrd = guest_file("initramfs.cpio.gz")};
    CHECK(machine->boot(images).has_value());
  }

  MemoryDisk vda, vdb{second_disk(), true};
  Collected console;
  OutputTap tap{console};
  std::array<uint8_t, 32> seed{};
  std::unique_ptr<Machine> machine;
};

// All that a machine needs to go on elsewhere, and how many events it has had.
struct Checkpoint {
  Bytes state, tap, ram, dirty, disk;
  size_t event_count = 0;
  size_t requests_under_way = 0;
};

Checkpoint capture(System& s) {
  Checkpoint c;
  SaveArchive machine, tap;
  s.machine->state(machine);
  s.tap.state(tap);
  c.state = machine.finish();
  c.tap = tap.finish();
  c.ram.resize(s.machine->ram().size());
  CHECK(s.machine->ram().read(s.machine->ram().base(), c.ram));
  c.dirty = s.machine->ram().dirty_bitmap();
  c.disk = s.vda.bytes();
  return c;
}

void restore(System& s, const Checkpoint& c) {
  CHECK(s.machine->ram().write(s.machine->ram().base(), c.ram));
  CHECK(s.machine->ram().set_dirty_bitmap(c.dirty).has_value());
  auto machine = LoadArchive::parse(c.state), tap = LoadArchive::parse(c.tap);
  CHECK(machine.has_value() && tap.has_value());
  s.machine->state(**machine);
  s.tap.state(**tap);
  CHECK((*machine)->status().has_value() && (*tap)->status().has_value());
  s.machine->restored();
}

// Completes requests some slices after they were started, and not in the order they came.
class SlowDisk {
 public:
  SlowDisk(uint8_t disk, MemoryDisk& port, uint64_t seed) : disk_(disk), port_(port), random_(seed) {}
  void post_some(RecordSession& session) {
    auto& started = port_.started();
    for (size_t chances = started.size(); chances > 0; --chances) {
      if (random_() % 4 == 0) continue;
      size_t i = random_() % started.size();
      session.disk_completion({disk_, started[i].serial, DiskStatus::kOk});
      started.erase(started.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  bool busy() const { return !port_.started().empty(); }

 private:
  const uint8_t disk_;
  MemoryDisk& port_;
  std::mt19937_64 random_;
};

// Runs to poweroff. Takes a checkpoint when the guest has many requests under way, if asked for.
void record(System& s, RecordSession& session, uint64_t host_ns, const EventList& journal,
            Checkpoint* checkpoint) {
  constexpr uint64_t kSlice_ns = 300'000, kSlicesAtMost = 400'000;
  SlowDisk vda(0, s.vda, 7), vdb(1, s.vdb, 8);
  bool typed = s.console.hvc.find("asks") != std::string::npos;
  for (uint64_t slice = 0; slice < kSlicesAtMost; ++slice) {
    Stop stop = session.run_slice(host_ns);
    if (stop == Stop::kPoweroff) return;
    ASSERT_TRUE(stop == Stop::kPosition || stop == Stop::kIdle) << static_cast<int>(stop);
    // Between slices the session holds nothing that the machine does not know of: the time for a checkpoint.
    if (checkpoint != nullptr && checkpoint->state.empty() && s.vda.started().size() >= 4) {
      *checkpoint = capture(s);
      checkpoint->event_count = journal.events.size();
      checkpoint->requests_under_way = s.vda.started().size();
    }
    vda.post_some(session);
    vdb.post_some(session);
    if (!typed && s.console.hvc.find("asks\r\n") != std::string::npos) {
      typed = true;
      session.console_input(view_of(kTyped));
      session.console_input(view_of("\n"));
    }
    host_ns += kSlice_ns;
    if (stop == Stop::kIdle && !vda.busy() && !vdb.busy() && session.wake_ns() != kNever) {
      host_ns = std::max(host_ns, session.wake_ns());
    }
  }
  FAIL() << "the guest never ends:\n" << s.console.uart;
}

// Whether ext4 in there is whole, by e2fsck's word.
bool is_clean(const Bytes& disk) {
  std::string name = ::testing::TempDir() + "virtio_linux_test." + std::to_string(::getpid()) + ".img";
  std::ofstream(name, std::ios::binary)
      .write(reinterpret_cast<const char*>(disk.data()), static_cast<long>(disk.size()));
  int code = std::system(("PATH=$PATH:/sbin:/usr/sbin e2fsck -fn " + name + " > /dev/null 2>&1").c_str());
  std::remove(name.c_str());
  return code == 0;
}

void expect_all_is_well(const System& s) {
  for (const char* line :
       {"virtio: serial recount-disk0", "virtio: recount test disk", "virtio: all 62 files are whole",
        "virtio: trimmed", "virtio: unmounted", "virtio: vdb 1 ", "virtio: vdb refuses writes",
        "virtio: rng virtio_rng.0", "virtio: random 4096 ", "virtio: done"}) {
    EXPECT_NE(s.console.uart.find(line), std::string::npos) << line;
  }
  EXPECT_NE(s.console.hvc.find("virtio: hvc0 heard " + std::string(kTyped)), std::string::npos)
      << s.console.hvc;
}

std::optional<Divergence> replay(System& s, std::span<const Event> events, uint64_t& digests) {
  ReplaySession session(*s.machine, s.tap);
  for (const Event& event : events) {
    if (auto divergence = session.replay(event)) return divergence;
  }
  digests = session.digests_compared();
  return std::nullopt;
}

TEST(VirtioLinux, RecordsReplaysAndIsTakenOver) {
  Bytes image = guest_file("disk.img");
  Checkpoint checkpoint;
  EventList journal;
  System recorded(image);
  recorded.boot();
  {
    RecordSession session(*recorded.machine, recorded.tap, journal, kHostStart_ns);
    session.power_on(recorded.seed);
    record(recorded, session, kHostStart_ns, journal, &checkpoint);
    session.note_failure({"end", ""});  // brings a last digest
  }
  expect_all_is_well(recorded);
  EXPECT_TRUE(is_clean(recorded.vda.bytes()));
  ASSERT_GE(checkpoint.requests_under_way, 4u);

  {
    System replayed(image);
    replayed.boot();
    uint64_t digests = 0;
    auto divergence = replay(replayed, journal.events, digests);
    ASSERT_FALSE(divergence) << raw(divergence->position) << ": " << divergence->what;
    EXPECT_GT(digests, 2u);
    EXPECT_EQ(replayed.console.uart, recorded.console.uart);
    EXPECT_EQ(replayed.console.hvc, recorded.console.hvc);
    EXPECT_EQ(replayed.vda.bytes(), recorded.vda.bytes());
  }
  {
    // The rest of the journal also fits a machine restored in the middle.
    System resumed(checkpoint.disk);
    restore(resumed, checkpoint);
    uint64_t digests = 0;
    auto divergence = replay(resumed, std::span(journal.events).subspan(checkpoint.event_count), digests);
    ASSERT_FALSE(divergence) << raw(divergence->position) << ": " << divergence->what;
    EXPECT_GT(digests, 1u);
    EXPECT_EQ(resumed.vda.bytes(), recorded.vda.bytes());
  }
  {
    // And a new session can take the guest over: it is told of the requests under way.
    System taken_over(checkpoint.disk);
    restore(taken_over, checkpoint);
    EXPECT_TRUE(taken_over.vda.started().empty());
    taken_over.machine->restart_disks();
    EXPECT_EQ(taken_over.vda.started().size(), checkpoint.requests_under_way);
    EventList other_journal;
    uint64_t host_ns = kHostStart_ns + taken_over.machine->time_ticks() * 100;
    RecordSession session(*taken_over.machine, taken_over.tap, other_journal, kHostStart_ns);
    record(taken_over, session, host_ns, other_journal, nullptr);
    EXPECT_NE(taken_over.console.uart.find("virtio: done"), std::string::npos) << taken_over.console.uart;
    EXPECT_TRUE(is_clean(taken_over.vda.bytes()));
  }
}

}  // namespace
}  // namespace recount::test

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (!recount::test::has_guest()) {
    std::printf("skipped: no guest; scripts/guest makes one\n");
    return 77;
  }
  return RUN_ALL_TESTS();
}
