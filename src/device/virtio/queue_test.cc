#include "device/virtio/queue.h"

#include <gtest/gtest.h>

#include "device/virtio/driver_for_tests.h"

namespace recount::testing {
namespace {

class VirtqueueTest : public ::testing::Test {
 protected:
  VirtqueueTest() {
    queue.set_size(Driver::kQueueSize);
    place(Virtqueue::Area::kDescriptors, Driver::descriptors(0));
    place(Virtqueue::Area::kDriver, Driver::available_ring(0));
    place(Virtqueue::Area::kDevice, Driver::used_ring(0));
    queue.start();
  }
  void place(Virtqueue::Area area, Gpa gpa) {
    queue.set_address(area, Virtqueue::Half::kLow, static_cast<uint32_t>(raw(gpa)));
    queue.set_address(area, Virtqueue::Half::kHigh, static_cast<uint32_t>(raw(gpa) >> 32));
  }
  void put(uint16_t index, const Descriptor& d) { driver.put_descriptor(Driver::descriptors(0), index, d); }
  void publish_index(uint16_t index) { driver.put(Driver::available_ring(0) + 2, index); }

  std::unique_ptr<Ram> ram = make_ram();
  EmptyVirtioSlot nothing;
  Driver driver{nothing, *ram};
  Virtqueue queue;
  const Gpa buffer = Driver::buffer();
};

TEST_F(VirtqueueTest, ChainIsReadablePartsThenWritableOnes) {
  put(3, {buffer, 10, kNext, 5});
  put(5, {buffer + 100, 20, kNext | kWrite, 1});
  put(1, {buffer + 200, 30, kWrite, 0});
  auto chain = queue.walk(*ram, 3);
  ASSERT_TRUE(chain);
  EXPECT_EQ(total_bytes(chain->readable), 10u);
  EXPECT_EQ(total_bytes(chain->writable), 50u);
}

TEST_F(VirtqueueTest, ReadableAfterWritableIsBroken) {
  put(0, {buffer, 10, kNext | kWrite, 1});
  put(1, {buffer, 10, 0, 0});
  EXPECT_FALSE(queue.walk(*ram, 0));
}

TEST_F(VirtqueueTest, LoopIsBrokenNotEndless) {
  put(0, {buffer, 10, kNext, 1});
  put(1, {buffer, 10, kNext, 0});
  EXPECT_FALSE(queue.walk(*ram, 0));
}

TEST_F(VirtqueueTest, NextBeyondTheTableIsBroken) {
  put(0, {buffer, 10, kNext, Driver::kQueueSize});
  EXPECT_FALSE(queue.walk(*ram, 0));
  EXPECT_FALSE(queue.walk(*ram, Driver::kQueueSize));
}

TEST_F(VirtqueueTest, BufferThatLeavesRamIsBroken) {
  Gpa last = kRamBase + (ram->size() - 1);
  put(0, {last, 1, 0, 0});
  EXPECT_TRUE(queue.walk(*ram, 0));
  for (const Descriptor& d :
       {Descriptor{last, 2, 0, 0}, Descriptor{Gpa{0}, 1, 0, 0}, Descriptor{Gpa{~0ull}, 2, 0, 0},
        Descriptor{buffer, ~0u, 0, 0}, Descriptor{buffer, 0, 0, 0}}) {
    put(0, d);
    EXPECT_FALSE(queue.walk(*ram, 0));
  }
}

TEST_F(VirtqueueTest, IndirectTableIsWalked) {
  Gpa table = Driver::buffer(8);
  put(2, {table, 48, kIndirect, 0});
  driver.put_descriptor(table, 0, {buffer, 1, kNext, 2});
  driver.put_descriptor(table, 2, {buffer, 2, kWrite, 0});
  auto chain = queue.walk(*ram, 2);
  ASSERT_TRUE(chain);
  EXPECT_EQ(total_bytes(chain->readable), 1u);
  EXPECT_EQ(total_bytes(chain->writable), 2u);
}

TEST_F(VirtqueueTest, IndirectTableOutOfBoundsIsBroken) {
  Gpa table = Driver::buffer(8);
  driver.put_descriptor(table, 0, {buffer, 1, kNext, 1});
  driver.put_descriptor(table, 1, {buffer, 1, 0, 0});
  put(0, {table, 16, kIndirect, 0});  // its second entry is outside
  EXPECT_FALSE(queue.walk(*ram, 0));
  for (uint32_t size : {0u, 17u, 33u}) {
    put(0, {table, size, kIndirect, 0});
    EXPECT_FALSE(queue.walk(*ram, 0));
  }
  put(0, {Gpa{~0ull - 15}, 32, kIndirect, 0});
  EXPECT_FALSE(queue.walk(*ram, 0));
  put(0, {table, 32, kIndirect | kNext, 1});
  EXPECT_FALSE(queue.walk(*ram, 0));
}

TEST_F(VirtqueueTest, IndirectInsideIndirectIsBroken) {
  Gpa table = Driver::buffer(8);
  put(0, {table, 16, kIndirect, 0});
  driver.put_descriptor(table, 0, {table, 16, kIndirect, 0});
  EXPECT_FALSE(queue.walk(*ram, 0));
}

TEST_F(VirtqueueTest, IndirectChainLongerThanAnyQueueIsBroken) {
  Gpa table = Driver::buffer(8);
  constexpr uint16_t kEntries = Virtqueue::kMaxSegments + 1;
  for (uint16_t i = 0; i < kEntries; ++i) {
    bool last = i + 1 == kEntries;
    driver.put_descriptor(table, i, {buffer, 1, last ? uint16_t{0} : kNext, static_cast<uint16_t>(i + 1)});
  }
  put(0, {table, kEntries * 16, kIndirect, 0});
  EXPECT_FALSE(queue.walk(*ram, 0));
  driver.put_descriptor(table, kEntries - 2, {buffer, 1, 0, 0});
  EXPECT_TRUE(queue.walk(*ram, 0));
}

TEST_F(VirtqueueTest, MoreAvailableThanTheQueueHoldsIsBroken) {
  publish_index(Driver::kQueueSize);
  EXPECT_EQ(queue.available(*ram).value_or(0), Driver::kQueueSize);
  publish_index(Driver::kQueueSize + 1);
  EXPECT_FALSE(queue.available(*ram));
}

TEST_F(VirtqueueTest, HeadBeyondTheTableIsBroken) {
  driver.put<uint16_t>(Driver::available_ring(0) + 4, Driver::kQueueSize);
  publish_index(1);
  EXPECT_FALSE(queue.take(*ram));
}

TEST_F(VirtqueueTest, IndicesWrapAt65536) {
  for (uint32_t round = 0; round < 70'000; ++round) {
    publish_index(static_cast<uint16_t>(round + 1));
    ASSERT_EQ(queue.available(*ram).value_or(0), 1);
    ASSERT_EQ(queue.take(*ram).value_or(99), 0);
    ASSERT_TRUE(queue.give_back(*ram, 0, round));
    ASSERT_EQ(driver.at<uint16_t>(Driver::used_ring(0) + 2), static_cast<uint16_t>(round + 1));
  }
}

TEST_F(VirtqueueTest, RingsOutsideOfRamAreBroken) {
  queue.reset();
  queue.set_size(Driver::kQueueSize);
  place(Virtqueue::Area::kDriver, Gpa{0xfffffffffffffffe});
  place(Virtqueue::Area::kDevice, Gpa{0xfffffffffffffffc});
  queue.start();
  ASSERT_TRUE(queue.ready());
  EXPECT_FALSE(queue.available(*ram));
  EXPECT_FALSE(queue.take(*ram));
  EXPECT_FALSE(queue.walk(*ram, 0));
  EXPECT_FALSE(queue.give_back(*ram, 0, 0));
}

TEST_F(VirtqueueTest, ImpossibleSizesAndPlacesAreRefused) {
  queue.reset();
  for (uint32_t size : {0u, 3u, 512u, 0x10000u, 0x10010u}) {
    queue.set_size(size);
    queue.start();
    EXPECT_FALSE(queue.ready()) << size;
  }
  queue.set_size(16);
  place(Virtqueue::Area::kDescriptors, buffer + 8);
  queue.start();
  EXPECT_FALSE(queue.ready());
}

TEST_F(VirtqueueTest, DriverThatWantsNoInterruptGetsNone) {
  EXPECT_TRUE(queue.give_back(*ram, 0, 0).value_or(false));
  driver.put<uint16_t>(Driver::available_ring(0), 1);
  EXPECT_FALSE(queue.give_back(*ram, 0, 0).value_or(true));
}

}  // namespace
}  // namespace recount::testing
