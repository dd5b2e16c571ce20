#include "device/virtio/net.h"

#include <gtest/gtest.h>

#include "device/virtio/driver_for_tests.h"
#include "state/archive.h"

namespace recount::testing {
namespace {

constexpr unsigned kReceive = 0, kTransmit = 1;
constexpr uint32_t kHeaderSize = 12;
constexpr MacAddress kMac{0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

class Wire final : public PacketPort {
 public:
  void send_packet(ByteView frame) override { sent.emplace_back(frame.begin(), frame.end()); }
  std::vector<Bytes> sent;
};

Bytes frame_of(size_t size, uint8_t first = 1) {
  Bytes frame(size);
  for (size_t i = 0; i < size; ++i) frame[i] = static_cast<uint8_t>(first + i);
  return frame;
}

class VirtioNetTest : public ::testing::Test {
 protected:
  VirtioNetTest() { driver.start(2); }

  // Whether the frame has come out of it, header and all.
  void send(const Bytes& frame) {
    driver.put<uint64_t>(Driver::buffer(), 0);
    driver.put<uint32_t>(Driver::buffer() + 8, 0);
    ASSERT_TRUE(ram->write(Driver::buffer() + kHeaderSize, frame));
    driver.add(kTransmit, {{Driver::buffer(), kHeaderSize, 0, 0},
                           {Driver::buffer() + kHeaderSize, static_cast<uint32_t>(frame.size()), 0, 0}});
    driver.notify(kTransmit);
  }
  void give_buffer(uint32_t size_bytes, uint64_t n = 0) {
    driver.add(kReceive, {{Driver::buffer(n), size_bytes, kWrite, 0}});
    driver.notify(kReceive);
  }

  std::unique_ptr<Ram> ram = make_ram();
  Wire wire;
  VirtioNet net{*ram, wire, kMac};
  Driver driver{net, *ram};
};

TEST_F(VirtioNetTest, TellsItsAddressAndOffersNothingElse) {
  for (size_t i = 0; i < kMac.size(); ++i) EXPECT_EQ(net.mmio_read(0x100 + i, 1), kMac[i]);
  EXPECT_EQ(net.mmio_read(0x106, 2), 0u);
  EXPECT_EQ(driver.features() & 0xffffff, 1u << 5);
}

TEST_F(VirtioNetTest, ADriverThatIsNotModernIsRefusedForItsHeaderIsAnother) {
  driver.set(0x70, 0);
  driver.set(0x70, 3);
  for (uint32_t half : {0u, 1u}) {
    driver.set(0x24, half);
    driver.set(0x20, 0);
  }
  driver.set(0x70, 11);
  EXPECT_EQ(driver.status(), 3u);
}

TEST_F(VirtioNetTest, AFrameThatIsSentLeavesAtOnceWithoutItsHeader) {
  send(frame_of(60));
  EXPECT_EQ(wire.sent, std::vector<Bytes>{frame_of(60)});
  EXPECT_TRUE(driver.used(kTransmit).has_value());
  EXPECT_TRUE(net.irq());
}

TEST_F(VirtioNetTest, WhatIsNoFrameIsNotSent) {
  for (size_t size : {kLeastFrame - 1, kMostFrame + 1}) send(frame_of(size));
  EXPECT_TRUE(wire.sent.empty());
  EXPECT_FALSE(driver.needs_reset());
  for (size_t size : {kLeastFrame, kMostFrame}) send(frame_of(size));
  EXPECT_EQ(wire.sent.size(), 2u);
}

TEST_F(VirtioNetTest, AChainWithoutAHeaderOrWithoutBoundsBreaksTheDevice) {
  driver.add(kTransmit, {{Driver::buffer(), kHeaderSize - 1, 0, 0}});
  driver.notify(kTransmit);
  EXPECT_TRUE(driver.needs_reset());
  driver.start(2);
  driver.add(kTransmit, {{Driver::buffer(), (1 << 16) + 1, 0, 0}});
  driver.notify(kTransmit);
  EXPECT_TRUE(driver.needs_reset());
  EXPECT_TRUE(wire.sent.empty());
}

TEST_F(VirtioNetTest, AFrameThatArrivesIsWrittenBehindAHeaderThatNamesOneBuffer) {
  give_buffer(1526);
  EXPECT_EQ(net.room(), 1u);
  net.receive(frame_of(100));
  EXPECT_EQ(driver.used(kReceive), (Used{0, kHeaderSize + 100}));
  Bytes header(kHeaderSize);
  header[10] = 1;
  EXPECT_EQ(driver.bytes_at(Driver::buffer(), kHeaderSize), header);
  EXPECT_EQ(driver.bytes_at(Driver::buffer() + kHeaderSize, 100), frame_of(100));
  EXPECT_EQ(net.room(), 0u);
}

TEST_F(VirtioNetTest, EachFrameTakesOneBuffer) {
  for (uint64_t n = 0; n < 3; ++n) give_buffer(1530, n);
  net.receive(frame_of(kMostFrame, 1));
  net.receive(frame_of(20, 2));
  EXPECT_EQ(net.room(), 1u);
  EXPECT_EQ(driver.used(kReceive)->written_bytes, kHeaderSize + kMostFrame);
  EXPECT_EQ(driver.used(kReceive)->written_bytes, kHeaderSize + 20u);
  EXPECT_EQ(driver.used(kReceive), std::nullopt);
}

TEST_F(VirtioNetTest, WithoutABufferOrADriverAFrameIsNobodys) {
  net.receive(frame_of(60));
  give_buffer(1526);
  EXPECT_EQ(driver.used(kReceive), std::nullopt);
  driver.set(0x70, 0);
  EXPECT_FALSE(net.listens());
  EXPECT_EQ(net.room(), 0u);
  net.receive(frame_of(60));
}

TEST_F(VirtioNetTest, ABufferThatIsTooSmallBreaksTheDevice) {
  give_buffer(kHeaderSize + 59);
  net.receive(frame_of(60));
  EXPECT_TRUE(driver.needs_reset());
  EXPECT_EQ(driver.used(kReceive), std::nullopt);
}

TEST_F(VirtioNetTest, GoesOnInAnotherWithItsState) {
  give_buffer(1526, 0);
  give_buffer(1526, 1);
  net.receive(frame_of(60));
  SaveArchive saved;
  net.state(saved);
  auto loaded = LoadArchive::parse(saved.finish());
  ASSERT_TRUE(loaded.has_value());
  VirtioNet other{*ram, wire, kMac};
  other.state(**loaded);
  ASSERT_TRUE((*loaded)->status().has_value());
  EXPECT_EQ(other.room(), 1u);
  other.receive(frame_of(61));
  EXPECT_EQ(driver.used(kReceive)->written_bytes, kHeaderSize + 60u);
  EXPECT_EQ(driver.used(kReceive)->written_bytes, kHeaderSize + 61u);
}

}  // namespace
}  // namespace recount::testing
