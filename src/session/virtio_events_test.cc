// What recording and replay do with the events of virtio devices, on a machine that never runs.

#include <gtest/gtest.h>

#include "device/virtio/memory_disk_for_tests.h"
#include "session/record_session.h"
#include "session/replay_session.h"

namespace recount {
namespace {

class Nowhere final : public ConsolePort {
 public:
  void console_output(ConsoleId, ByteView) override {}
};

class EventList final : public EventSink {
 public:
  void append(const Event& event) override { events.push_back(event); }
  std::vector<Event> events;
};

struct VirtioEvents : ::testing::Test {
  std::unique_ptr<Machine> make() {
    MachineConfig config;
    config.ram_bytes = 16 << 20;
    config.mac = MacAddress{0x52, 0x54, 0, 0x12, 0x34, 0x56};
    auto made = Machine::create(config, tap, {&disk}, &tap);
    CHECK(made.has_value());
    return std::move(*made);
  }
  Nowhere nowhere;
  OutputTap tap{nowhere};
  testing::MemoryDisk disk{Bytes(8 * kSectorSize)};
};

TEST_F(VirtioEvents, PacketThatTheGuestCannotTakeIsADivergence) {
  auto machine = make();
  ReplaySession session(*machine, tap);
  EXPECT_EQ(session.replay({Position{0}, PacketArrival{Bytes(60)}})->what, "the network device has no buffer for the packet");
  EXPECT_EQ(session.replay({Position{0}, PacketArrival{Bytes(13)}})->what, "a packet is no frame");
  EXPECT_EQ(session.replay({Position{0}, PacketArrival{Bytes(1519)}})->what, "a packet is no frame");
}

TEST_F(VirtioEvents, PacketsGoByAGuestThatDoesNotListen) {
  auto machine = make();
  EventList sink;
  RecordSession session(*machine, tap, sink, 0, Digests::kOff);
  session.packet(Bytes(60));
  session.run_slice(1000);
  for (const Event& event : sink.events) EXPECT_FALSE(std::holds_alternative<PacketArrival>(event.payload));
}

TEST_F(VirtioEvents, WhatIsSentEntersTheOutputDigestAndGoesOn) {
  struct Wire final : PacketPort {
    void send_packet(ByteView) override { ++frames; }
    int frames = 0;
  } wire;
  Digest128 before = tap.digest().value();
  tap.send_packet(Bytes(60));
  Digest128 after = tap.digest().value();
  EXPECT_NE(before, after);
  tap.set_network(&wire);
  tap.send_packet(Bytes(60));
  EXPECT_EQ(wire.frames, 1);
  EXPECT_NE(tap.digest().value(), after);
}

TEST_F(VirtioEvents, CompletionForNoDiskIsADivergence) {
  auto machine = make();
  ReplaySession session(*machine, tap);
  EXPECT_FALSE(session.replay({Position{0}, DiskCompletion{.disk = 0, .request = 3}}));
  EXPECT_TRUE(session.replay({Position{0}, DiskCompletion{.disk = 1, .request = 0}}));
}

TEST_F(VirtioEvents, InputForAConsoleWithoutRoomIsADivergence) {
  auto machine = make();
  ReplaySession session(*machine, tap);
  EXPECT_TRUE(session.replay({Position{0}, ConsoleInput{ConsoleId::kVirtio, {'x'}}}));
  EXPECT_TRUE(session.replay({Position{0}, ConsoleInput{ConsoleId{9}, {'x'}}}));
}

TEST_F(VirtioEvents, PowerOnSeedsTheGeneratorFromTheMachinesSeed) {
  auto seeded_with = [this](std::array<uint8_t, 32> seed) {
    auto machine = make();
    EventList journal;
    RecordSession session(*machine, tap, journal, 0);
    session.power_on(seed);
    CHECK(journal.events.size() == 1 && journal.events[0].position == Position{0});
    auto key = std::get<EntropySeed>(journal.events[0].payload).seed;
    EXPECT_NE(key, seed);  // the guest's kernel knows that one
    return key;
  };
  EXPECT_EQ(seeded_with({1}), seeded_with({1}));
  EXPECT_NE(seeded_with({1}), seeded_with({2}));
}

}  // namespace
}  // namespace recount
