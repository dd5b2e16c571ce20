// The transport, through the smallest device: an entropy source that counts.

#include "device/virtio/virtio_device.h"

#include <gtest/gtest.h>

#include "device/virtio/console.h"
#include "device/virtio/driver_for_tests.h"
#include "device/virtio/entropy.h"

namespace recount::testing {
namespace {

class CountingEntropy final : public EntropyPort {
 public:
  void entropy(std::span<uint8_t> out) override {
    for (uint8_t& byte : out) byte = ++last_;
  }

 private:
  uint8_t last_ = 0;
};

class VirtioDeviceTest : public ::testing::Test {
 protected:
  std::unique_ptr<Ram> ram = make_ram();
  CountingEntropy source;
  VirtioEntropy device{*ram, source};
  Driver driver{device, *ram};
};

TEST_F(VirtioDeviceTest, IdentifiesItself) {
  EXPECT_EQ(driver.get(0x00), 0x74726976u);
  EXPECT_EQ(driver.get(0x04), 2u);
  EXPECT_EQ(driver.get(0x08), 4u);
  EXPECT_EQ(driver.get(0x0c), 0x554d4551u);  // as QEMU's: xv6 looks
  EXPECT_EQ(driver.get(0x34), Virtqueue::kMaxSize);
  driver.set(0x30, 1);
  EXPECT_EQ(driver.get(0x34), 0u);  // there is no second queue
  driver.set(0x30, ~0u);
  EXPECT_EQ(driver.get(0x34), 0u);
  driver.set(0x44, 1);
  EXPECT_EQ(driver.get(0x44), 0u);
}

TEST_F(VirtioDeviceTest, EmptySlotHasMagicAndNoDevice) {
  EmptyVirtioSlot empty;
  Driver nobody(empty, *ram);
  EXPECT_EQ(nobody.get(0x00), 0x74726976u);
  EXPECT_EQ(nobody.get(0x04), 2u);
  EXPECT_EQ(nobody.get(0x08), 0u);
}

TEST_F(VirtioDeviceTest, FeaturesThatWereNotOfferedAreRefused) {
  driver.set(0x70, 3);
  driver.set(0x24, 1);
  driver.set(0x20, 1 | 1 << 30);
  driver.set(0x70, 11);
  EXPECT_EQ(driver.status(), 3u);
  driver.set(0x70, 15);
  EXPECT_EQ(driver.status(), 3u);
}

TEST_F(VirtioDeviceTest, DriverNeedNotSayThatItIsModern) {
  driver.set(0x70, 3);
  driver.set(0x24, 0);
  driver.set(0x20, 0);
  driver.set(0x70, 11);
  EXPECT_EQ(driver.status(), 11u);
  driver.set(0x70, 15);
  EXPECT_EQ(driver.status(), 15u);
}

TEST_F(VirtioDeviceTest, BuffersAreFilledAndGivenBack) {
  driver.start(1);
  uint16_t head = driver.add(0, {{Driver::buffer(), 5, kWrite, 0}, {Driver::buffer(1), 3, kWrite, 0}});
  driver.notify(0);
  EXPECT_EQ(driver.used(0), (Used{head, 8}));
  EXPECT_EQ(driver.bytes_at(Driver::buffer(), 6), (Bytes{1, 2, 3, 4, 5, 0}));
  EXPECT_EQ(driver.bytes_at(Driver::buffer(1), 4), (Bytes{6, 7, 8, 0}));
  EXPECT_TRUE(device.irq());
}

TEST_F(VirtioDeviceTest, DmaMarksFramesDirty) {
  driver.start(1);
  driver.add(0, {{Driver::buffer(), 5, kWrite, 0}});
  ram->clear_flags(kFrameDirty);
  driver.notify(0);
  EXPECT_TRUE(ram->flags(Driver::buffer()) & kFrameDirty);
  EXPECT_TRUE(ram->flags(Driver::used_ring(0)) & kFrameDirty);
  EXPECT_FALSE(ram->flags(Driver::descriptors(0)) & kFrameDirty);
}

TEST_F(VirtioDeviceTest, NotificationBeforeDriverOkIsHeardAtDriverOk) {
  driver.start(1);
  driver.set(0x70, 0);
  driver.set(0x70, 3);
  driver.set(0x24, 1);
  driver.set(0x20, 1);
  driver.set(0x70, 11);
  driver.start_queue(0, Driver::kQueueSize);
  driver.add(0, {{Driver::buffer(), 5, kWrite, 0}});
  driver.notify(0);
  EXPECT_EQ(driver.used(0), std::nullopt);
  driver.set(0x70, 15);
  EXPECT_NE(driver.used(0), std::nullopt);
}

TEST_F(VirtioDeviceTest, BrokenQueueAsksForResetAndThenDoesNothing) {
  driver.start(1);
  driver.add(0, {{Gpa{0}, 5, kWrite, 0}});
  driver.notify(0);
  EXPECT_TRUE(driver.needs_reset());
  EXPECT_EQ(driver.get(0x60), 2u);  // a configuration change
  driver.add(0, {{Driver::buffer(), 5, kWrite, 0}});
  driver.notify(0);
  EXPECT_EQ(driver.used(0), std::nullopt);
  driver.set(0x70, 0);
  EXPECT_EQ(driver.status(), 0u);
  EXPECT_FALSE(device.irq());
}

TEST_F(VirtioDeviceTest, DeviceThatOverwritesItsOwnRingEnds) {
  driver.start(1);
  // Every buffer is the driver's index itself: what is written there must not keep the device going.
  for (int i = 0; i < Driver::kQueueSize; ++i) driver.add(0, {{Driver::available_ring(0) + 2, 2, kWrite, 0}});
  driver.notify(0);
  SUCCEED();
}

TEST_F(VirtioDeviceTest, ConfigurationOfARunningQueueIsLocked) {
  driver.start(1);
  driver.set(0x38, 4);
  driver.set(0x80, 0);
  driver.add(0, {{Driver::buffer(), 5, kWrite, 0}});
  driver.notify(0);
  EXPECT_NE(driver.used(0), std::nullopt);
}

class Collected final : public ConsolePort {
 public:
  void console_output(ConsoleId console, ByteView bytes) override {
    EXPECT_EQ(console, ConsoleId::kVirtio);
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  void recorder_port_output(ByteView bytes) override { told.append(bytes.begin(), bytes.end()); }
  std::string text, told;
};

class VirtioConsoleTest : public ::testing::Test {
 protected:
  void put_text(Gpa gpa, std::string_view text) { ram->write(gpa, view_of(text)); }
  std::string text_at(Gpa gpa, size_t size) {
    Bytes bytes = driver.bytes_at(gpa, size);
    return {bytes.begin(), bytes.end()};
  }
  // A message to the device, and its answers, as "port event value name" each.
  void control(uint32_t port, uint16_t event, uint16_t value) {
    driver.put(Driver::buffer(), port);
    driver.put(Driver::buffer() + 4, event);
    driver.put(Driver::buffer() + 6, value);
    driver.add(3, {{Driver::buffer(), 8, 0, 0}});
    driver.notify(3);
  }
  void offer_control_buffers(unsigned count) {
    for (unsigned i = 1; i <= count; ++i) driver.add(2, {{Driver::buffer(i), 64, kWrite, 0}});
    driver.notify(2);
  }
  std::string answers() {
    std::string all;
    while (auto used = driver.used(2)) {
      Gpa at = Gpa{driver.at<uint64_t>(Driver::descriptors(2) + used->head * 16u)};
      all += std::to_string(driver.at<uint32_t>(at)) + ' ' + std::to_string(driver.at<uint16_t>(at + 4)) + ' ' +
             std::to_string(driver.at<uint16_t>(at + 6)) + ' ' + text_at(at + 8, used->written_bytes - 8) + ';';
    }
    return all;
  }
  std::unique_ptr<Ram> ram = make_ram();
  Collected out;
  VirtioConsole device{*ram, out};
  Driver driver{device, *ram};
};

TEST_F(VirtioConsoleTest, OutputLeavesInOrder) {
  driver.start(2);
  put_text(Driver::buffer(), "hello, ");
  put_text(Driver::buffer(1), "world");
  driver.add(1, {{Driver::buffer(), 7, 0, 0}, {Driver::buffer(1), 3, 0, 0}});
  driver.add(1, {{Driver::buffer(1) + 3, 2, 0, 0}});
  driver.notify(1);
  EXPECT_EQ(out.text, "hello, world");
  EXPECT_EQ(driver.used(1)->written_bytes, 0u);
}

TEST_F(VirtioConsoleTest, InputGoesToBuffersAndWaitsForThem) {
  EXPECT_EQ(device.room(), 0u);  // nobody is there
  driver.start(2);
  size_t room = device.room();
  EXPECT_GT(room, 0u);
  driver.add(0, {{Driver::buffer(), 4, kWrite, 0}});
  driver.notify(0);
  EXPECT_EQ(driver.used(0), std::nullopt);
  device.receive(view_of("abcdef"));
  EXPECT_EQ(driver.used(0)->written_bytes, 4u);
  EXPECT_EQ(text_at(Driver::buffer(), 4), "abcd");
  EXPECT_EQ(device.room(), room - 2);
  driver.add(0, {{Driver::buffer(1), 100, kWrite, 0}});
  driver.notify(0);
  EXPECT_EQ(driver.used(0)->written_bytes, 2u);
  EXPECT_EQ(text_at(Driver::buffer(1), 2), "ef");
  EXPECT_EQ(device.room(), room);
}

// "Multiport Device Operation": what Linux's driver says in its order, and what it has to hear.
TEST_F(VirtioConsoleTest, PortsAreAddedNamedAndOpened) {
  driver.start(6);
  EXPECT_EQ(driver.get(0x104), 2u);  // max_nr_ports
  offer_control_buffers(7);
  control(0xffffffff, 0, 1);
  EXPECT_EQ(answers(), "0 1 0 ;1 1 0 ;");
  control(0, 3, 1);
  EXPECT_EQ(answers(), "0 4 1 ;0 6 1 ;");
  control(1, 3, 1);
  EXPECT_EQ(answers(), "1 7 1 org.recount.0;1 6 1 ;");
}

TEST_F(VirtioConsoleTest, ControlMessagesWaitForBuffers) {
  driver.start(6);
  control(0xffffffff, 0, 1);
  EXPECT_EQ(answers(), "");
  offer_control_buffers(1);
  EXPECT_EQ(answers(), "0 1 0 ;");
  offer_control_buffers(1);
  EXPECT_EQ(answers(), "1 1 0 ;");
}

TEST_F(VirtioConsoleTest, WhatIsSaidToTheRecorderIsNotOnTheConsole) {
  driver.start(6);
  put_text(Driver::buffer(), "mark here");
  driver.add(5, {{Driver::buffer(), 9, 0, 0}});
  driver.notify(5);
  EXPECT_EQ(out.told, "mark here");
  EXPECT_EQ(out.text, "");
  control(1, 6, 0);  // closed: the line is over
  EXPECT_EQ(out.told, "mark here\n");
}

TEST_F(VirtioConsoleTest, DriverThatAsksAndNeverListensBreaksTheDevice) {
  driver.start(6);
  for (int i = 0; i < 16; ++i) control(0, 0, 1);
  EXPECT_FALSE(driver.needs_reset());
  EXPECT_TRUE(device.possible());
  control(0, 0, 1);
  EXPECT_TRUE(driver.needs_reset());
  EXPECT_TRUE(device.possible());
}

TEST_F(VirtioConsoleTest, ControlMessageWithoutItsHeaderBreaksTheDevice) {
  driver.start(6);
  driver.add(3, {{Driver::buffer(), 7, 0, 0}});
  driver.notify(3);
  EXPECT_TRUE(driver.needs_reset());
}

TEST_F(VirtioConsoleTest, OutputThatClaimsAllOfMemoryBreaksTheDevice) {
  driver.start(2);
  std::vector<Descriptor> chain(Driver::kQueueSize, {kRamBase, 2 << 20, 0, 0});
  driver.add(1, chain);
  driver.notify(1);
  EXPECT_TRUE(driver.needs_reset());
  EXPECT_TRUE(out.text.empty());
}

TEST_F(VirtioConsoleTest, ReceiveBufferThatCannotBeWrittenBreaksTheDevice) {
  driver.start(2);
  driver.add(0, {{Driver::buffer(), 4, 0, 0}});
  device.receive(view_of("x"));
  EXPECT_TRUE(driver.needs_reset());
  EXPECT_EQ(device.room(), 0u);
}

}  // namespace
}  // namespace recount::testing
