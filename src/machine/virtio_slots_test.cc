// The machine's virtio slots as seen from outside: what the device tree says, and which events it takes.

#include <gtest/gtest.h>
#include <libfdt.h>

#include "device/virtio/memory_disk_for_tests.h"
#include "machine/device_tree.h"
#include "machine/machine.h"

namespace recount {
namespace {

class Nowhere final : public ConsolePort {
 public:
  void console_output(ConsoleId, ByteView) override {}
};

MachineConfig smallest() {
  MachineConfig config;
  config.ram_bytes = 16 << 20;
  return config;
}

uint32_t cell(const void* tree, int node, const char* name, int index) {
  int size = 0;
  const void* property = fdt_getprop(tree, node, name, &size);
  EXPECT_GE(size, 4 * (index + 1)) << name;
  return fdt32_ld(static_cast<const fdt32_t*>(property) + index);
}

TEST(VirtioSlots, DeviceTreeNamesAllEight) {
  Bytes tree = build_device_tree(BoardDescription{});
  uint32_t slot = 0;
  for (int node = fdt_node_offset_by_compatible(tree.data(), -1, "virtio,mmio"); node >= 0;
       node = fdt_node_offset_by_compatible(tree.data(), node, "virtio,mmio")) {
    EXPECT_EQ(cell(tree.data(), node, "reg", 1), 0x10001000 + slot * 0x1000);
    EXPECT_EQ(cell(tree.data(), node, "interrupts", 0), 1 + slot);
    ++slot;
  }
  EXPECT_EQ(slot, 8u);
}

TEST(VirtioSlots, SixDisksFitAndSevenDoNot) {
  Nowhere console;
  testing::MemoryDisk disk{Bytes(8 * kSectorSize)};
  EXPECT_FALSE(Machine::create(smallest(), console, std::vector<BlockPort*>(7, &disk)));
  struct Air final : PacketPort {
    void send_packet(ByteView) override {}
  } air;
  MachineConfig connected = smallest();
  connected.mac = MacAddress{0x52, 0x54, 0, 0x12, 0x34, 0x56};
  EXPECT_FALSE(Machine::create(connected, console, std::vector<BlockPort*>(6, &disk), &air));
  EXPECT_TRUE(Machine::create(connected, console, std::vector<BlockPort*>(5, &disk), &air));
  auto machine = Machine::create(smallest(), console, std::vector<BlockPort*>(6, &disk));
  ASSERT_TRUE(machine);
  EXPECT_EQ((*machine)->disk_count(), 6);
  EXPECT_FALSE((*machine)->disk_pending(0, 0));
  EXPECT_FALSE((*machine)->disk_pending(200, 0));
}

TEST(VirtioSlots, ConsoleWithoutADriverHasNoRoom) {
  Nowhere console;
  auto machine = Machine::create(smallest(), console);
  ASSERT_TRUE(machine);
  EXPECT_GT((*machine)->console_room(ConsoleId::kUart), 0u);
  EXPECT_EQ((*machine)->console_room(ConsoleId::kVirtio), 0u);
  EXPECT_EQ((*machine)->console_room(ConsoleId{77}), 0u);
}

TEST(VirtioSlots, CompletionNobodyWaitsForChangesNothing) {
  Nowhere console;
  testing::MemoryDisk disk{Bytes(8 * kSectorSize)};
  auto machine = Machine::create(smallest(), console, {&disk});
  ASSERT_TRUE(machine);
  CheckpointDigest before = (*machine)->checkpoint_digest();
  (*machine)->apply({(*machine)->at(), DiskCompletion{.disk = 0, .request = 5}});
  EXPECT_EQ((*machine)->checkpoint_digest(), before);
}

TEST(VirtioSlots, EntropySeedIsInTheDevicesDigest) {
  Nowhere console;
  auto machine = Machine::create(smallest(), console);
  ASSERT_TRUE(machine);
  CheckpointDigest before = (*machine)->checkpoint_digest();
  (*machine)->apply({(*machine)->at(), EntropySeed{{1}}});
  CheckpointDigest after = (*machine)->checkpoint_digest();
  EXPECT_NE(after.devices, before.devices);
  EXPECT_EQ(after.harts, before.harts);
}

}  // namespace
}  // namespace recount
