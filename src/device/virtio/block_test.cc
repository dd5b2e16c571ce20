#include "device/virtio/block.h"

#include <gtest/gtest.h>

#include <random>

#include "device/virtio/driver_for_tests.h"
#include "device/virtio/memory_disk_for_tests.h"
#include "state/archive.h"

namespace recount::testing {
namespace {

constexpr uint32_t kIn = 0, kOut = 1, kFlushType = 4, kGetId = 8, kDiscard = 11, kWriteZeroes = 13;
constexpr uint8_t kOk = 0, kIoError = 1, kUnsupported = 2, kNotYet = 0xee;

Bytes pattern(size_t size, uint8_t first) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(first + i * 7 + i / 512);
  return bytes;
}

class VirtioBlockTest : public ::testing::Test {
 protected:
  VirtioBlockTest() { driver.start(1); }

  static constexpr uint64_t kSectors = 64;
  // Header, status and data of request n lie on pages of their own.
  static Gpa header(uint64_t n) { return Driver::buffer(4 * n); }
  static Gpa status(uint64_t n) { return Driver::buffer(4 * n + 1); }
  static Gpa data(uint64_t n) { return Driver::buffer(4 * n + 2); }

  void put_header(uint64_t n, uint32_t type, uint64_t sector) {
    driver.put(header(n), type);
    driver.put<uint32_t>(header(n) + 4, 0);
    driver.put(header(n) + 8, sector);
    driver.put(status(n), kNotYet);
  }
  uint16_t request(uint64_t n, uint32_t type, uint64_t sector, uint32_t data_bytes) {
    put_header(n, type, sector);
    std::vector<Descriptor> chain{{header(n), 16, 0, 0}};
    uint16_t flags = type == kIn || type == kGetId ? kWrite : 0;
    if (data_bytes != 0) chain.push_back({data(n), data_bytes, flags, 0});
    chain.push_back({status(n), 1, kWrite, 0});
    uint16_t head = driver.add(0, chain);
    driver.notify(0);
    return head;
  }
  uint16_t range_request(uint64_t n, uint32_t type, uint64_t sector, uint32_t count, uint32_t flags = 0) {
    driver.put(data(n), sector);
    driver.put(data(n) + 8, count);
    driver.put(data(n) + 12, flags);
    return request(n, type, 0, 16);
  }
  uint8_t status_of(uint64_t n) { return driver.at<uint8_t>(status(n)); }

  std::unique_ptr<Ram> ram = make_ram();
  MemoryDisk disk{pattern(kSectors * kSectorSize, 1)};
  VirtioBlock block{*ram, disk, 0};
  Driver driver{block, *ram};
};

TEST_F(VirtioBlockTest, DataMovesOnlyWhenTheCompletionComes) {
  uint16_t head = request(0, kIn, 3, 1024);
  ASSERT_EQ(disk.started().size(), 1u);
  EXPECT_EQ(disk.started()[0],
            (BlockRequest{.serial = 0, .op = BlockOp::kRead, .sector = 3, .sector_count = 2}));
  EXPECT_TRUE(block.pending(0));
  EXPECT_EQ(status_of(0), kNotYet);
  EXPECT_EQ(driver.used(0), std::nullopt);
  EXPECT_FALSE(block.irq());

  disk.bytes()[3 * 512] = 0x99;  // what the disk has at the completion is what is read
  block.complete(0, DiskStatus::kOk);
  EXPECT_FALSE(block.pending(0));
  EXPECT_EQ(status_of(0), kOk);
  EXPECT_EQ(driver.used(0), (Used{head, 1025}));
  EXPECT_TRUE(block.irq());
  EXPECT_EQ(driver.bytes_at(data(0), 1024), Bytes(disk.bytes().begin() + 1536, disk.bytes().begin() + 2560));
  driver.set(0x64, driver.get(0x60));
  EXPECT_FALSE(block.irq());
}

TEST_F(VirtioBlockTest, CompletionsMayComeInAnyOrder) {
  uint16_t first = request(0, kOut, 0, 512), second = request(1, kIn, 1, 512),
           third = request(2, kFlushType, 0, 0);
  Bytes written = driver.bytes_at(data(0), 512);
  block.complete(2, DiskStatus::kOk);
  block.complete(0, DiskStatus::kOk);
  block.complete(1, DiskStatus::kOk);
  EXPECT_EQ(driver.used(0), (Used{third, 1}));
  EXPECT_EQ(driver.used(0), (Used{first, 1}));
  EXPECT_EQ(driver.used(0), (Used{second, 513}));
  EXPECT_EQ(Bytes(disk.bytes().begin(), disk.bytes().begin() + 512), written);
}

TEST_F(VirtioBlockTest, DataMayLieInPiecesOfAnySize) {
  put_header(0, kIn, 0);
  driver.add(0, {{header(0), 7, 0, 0},
                 {header(0) + 7, 9, 0, 0},
                 {data(0), 100, kWrite, 0},
                 {data(0) + 100, 1000, kWrite, 0},
                 {data(0) + 1100, 436, kWrite, 0}});
  driver.notify(0);
  EXPECT_TRUE(disk.started().empty());  // 1535 bytes and a status: no whole sectors
  put_header(0, kIn, 0);
  driver.add(0, {{header(0), 7, 0, 0},
                 {header(0) + 7, 9, 0, 0},
                 {data(0), 100, kWrite, 0},
                 {data(0) + 100, 1000, kWrite, 0},
                 {data(0) + 1100, 437, kWrite, 0}});
  driver.notify(0);
  block.complete(0, DiskStatus::kOk);
  EXPECT_EQ(driver.bytes_at(data(0), 1536), Bytes(disk.bytes().begin(), disk.bytes().begin() + 1536));
  EXPECT_EQ(driver.at<uint8_t>(data(0) + 1536), kOk);
}

TEST_F(VirtioBlockTest, RequestsBeyondTheDiskAreAnsweredAtOnce) {
  uint64_t n = 0;
  for (auto [type, sector, bytes] : {std::tuple{kIn, kSectors, 512u},
                                     {kIn, kSectors - 1, 1024u},
                                     {kIn, ~0ull, 512u},
                                     {kOut, kSectors - 3, 2048u},
                                     {kIn, 0ull, 511u},
                                     {kIn, 0ull, 0u}}) {
    uint16_t head = request(n, type, sector, bytes);
    EXPECT_EQ(status_of(n), kIoError);
    EXPECT_EQ(driver.used(0), (Used{head, 1}));
    ++n;
  }
  EXPECT_TRUE(disk.started().empty());
  EXPECT_FALSE(driver.needs_reset());
  uint16_t head = request(n, 77, 0, 512);
  EXPECT_EQ(status_of(n), kUnsupported);
  EXPECT_EQ(driver.used(0), (Used{head, 1}));
}

TEST_F(VirtioBlockTest, DiscardAndWriteZeroesClear) {
  range_request(0, kDiscard, 2, 3);
  range_request(1, kWriteZeroes, 10, 1, 1);
  ASSERT_EQ(disk.started().size(), 2u);
  EXPECT_NE(disk.bytes()[2 * 512 + 5], 0);
  block.complete(0, DiskStatus::kOk);
  block.complete(1, DiskStatus::kOk);
  auto is_clear = [this](uint64_t s) {
    return std::all_of(&disk.bytes()[s * 512], &disk.bytes()[s * 512] + 512,
                       [](uint8_t b) { return b == 0; });
  };
  for (uint64_t s = 0; s < 12; ++s) EXPECT_EQ(is_clear(s), (s >= 2 && s < 5) || s == 10) << s;
}

TEST_F(VirtioBlockTest, WrongRangesAreAnsweredAtOnce) {
  range_request(0, kDiscard, kSectors - 1, 2);
  range_request(1, kDiscard, 0, 0);
  range_request(2, kDiscard, ~0ull, 1);
  range_request(3, kDiscard, 0, 1, 1);
  EXPECT_EQ(status_of(0), kIoError);
  EXPECT_EQ(status_of(1), kIoError);
  EXPECT_EQ(status_of(2), kIoError);
  EXPECT_EQ(status_of(3), kUnsupported);
  EXPECT_TRUE(disk.started().empty());
}

TEST_F(VirtioBlockTest, IdentifiesItself) {
  request(0, kGetId, 0, 20);
  EXPECT_EQ(status_of(0), kOk);
  Bytes id = driver.bytes_at(data(0), 13);
  EXPECT_EQ(std::string(id.begin(), id.end()), "recount-disk0");
}

TEST_F(VirtioBlockTest, FailedCompletionIsAnIoErrorAndMovesNothing) {
  Bytes before = disk.bytes();
  request(0, kOut, 0, 512);
  request(1, kIn, 0, 512);
  block.complete(0, DiskStatus::kIoError);
  block.complete(1, DiskStatus::kIoError);
  EXPECT_EQ(status_of(0), kIoError);
  EXPECT_EQ(status_of(1), kIoError);
  EXPECT_EQ(disk.bytes(), before);
  EXPECT_EQ(driver.bytes_at(data(1), 512), Bytes(512, 0));
}

TEST_F(VirtioBlockTest, ResetForgetsRequestsAndLateCompletionsAreHarmless) {
  Bytes before = disk.bytes();
  request(0, kOut, 0, 512);
  driver.start(1);
  EXPECT_FALSE(block.pending(0));
  block.complete(0, DiskStatus::kOk);
  EXPECT_EQ(disk.bytes(), before);
  EXPECT_EQ(driver.used(0), std::nullopt);
  EXPECT_FALSE(block.irq());
  request(1, kIn, 0, 512);
  EXPECT_EQ(disk.started().back().serial, 1u);  // numbers are never used twice
}

TEST_F(VirtioBlockTest, ChainThatChangedMeanwhileIsAnIoError) {
  Bytes before = disk.bytes();
  request(0, kOut, 0, 512);
  put_header(0, kOut, 5);
  block.complete(0, DiskStatus::kOk);
  EXPECT_EQ(status_of(0), kIoError);
  EXPECT_EQ(disk.bytes(), before);
}

TEST_F(VirtioBlockTest, ChainThatBrokeMeanwhileBreaksTheDevice) {
  Bytes before = disk.bytes();
  uint16_t head = request(0, kOut, 0, 512);
  driver.put_descriptor(Driver::descriptors(0), head,
                        {Gpa{0x1000}, 16, kNext, static_cast<uint16_t>(head + 1)});
  block.complete(0, DiskStatus::kOk);
  EXPECT_TRUE(driver.needs_reset());
  EXPECT_TRUE(block.irq());
  EXPECT_EQ(disk.bytes(), before);
  EXPECT_EQ(driver.used(0), std::nullopt);
  driver.start(1);
  EXPECT_FALSE(driver.needs_reset());
  request(1, kIn, 0, 512);
  block.complete(1, DiskStatus::kOk);
  EXPECT_EQ(status_of(1), kOk);
}

TEST_F(VirtioBlockTest, RequestWithoutHeaderOrStatusBreaksTheDevice) {
  put_header(0, kIn, 0);
  driver.add(0, {{header(0), 15, 0, 0}, {status(0), 1, kWrite, 0}});
  driver.notify(0);
  EXPECT_TRUE(driver.needs_reset());
  driver.start(1);
  driver.add(0, {{header(0), 16, 0, 0}});
  driver.notify(0);
  EXPECT_TRUE(driver.needs_reset());
}

TEST_F(VirtioBlockTest, SameChainGivenForEverDoesNotGrowTheDevice) {
  uint16_t head = request(0, kIn, 0, 512);
  for (int i = 0; i < 1000; ++i) {
    driver.publish(0, head);
    driver.notify(0);
  }
  EXPECT_LE(disk.started().size(), Driver::kQueueSize);
  EXPECT_TRUE(driver.needs_reset());
}

TEST_F(VirtioBlockTest, RestartAnnouncesWhatIsPendingInARestoredDevice) {
  request(0, kOut, 0, 512);
  request(1, kIn, 4, 512);
  block.complete(0, DiskStatus::kOk);
  SaveArchive saved;
  block.state(saved);

  MemoryDisk other(disk.bytes());
  VirtioBlock restored(*ram, other, 0);
  auto load = LoadArchive::parse(saved.finish());
  ASSERT_TRUE(load);
  restored.state(**load);
  ASSERT_TRUE((*load)->status());
  restored.restart();
  ASSERT_EQ(other.started().size(), 1u);
  EXPECT_EQ(other.started()[0], disk.started()[1]);
  restored.complete(1, DiskStatus::kOk);
  EXPECT_EQ(status_of(1), kOk);
  EXPECT_TRUE(restored.irq());
}

TEST_F(VirtioBlockTest, ReadOnlyDiskRefusesWrites) {
  MemoryDisk sealed(pattern(8 * kSectorSize, 3), true);
  VirtioBlock device(*ram, sealed, 0);
  Driver other(device, *ram);
  constexpr uint64_t kRo = 1 << 5, kDiscardBit = 1 << 13, kWriteZeroesBit = 1 << 14;
  EXPECT_EQ(other.features() & (kRo | kDiscardBit | kWriteZeroesBit), kRo);
  EXPECT_EQ(driver.features() & (kRo | kDiscardBit | kWriteZeroesBit), kDiscardBit | kWriteZeroesBit);
  other.start(1);
  put_header(0, kOut, 0);
  other.add(0, {{header(0), 16, 0, 0}, {data(0), 512, 0, 0}, {status(0), 1, kWrite, 0}});
  other.notify(0);
  EXPECT_EQ(status_of(0), kIoError);
  EXPECT_TRUE(sealed.started().empty());
}

TEST_F(VirtioBlockTest, CapacityIsInTheConfiguration) {
  EXPECT_EQ(block.mmio_read(0x100, 8), kSectors);
  EXPECT_EQ(driver.get(0x100), kSectors);
  EXPECT_EQ(driver.get(0x114), 512u);
  EXPECT_EQ(block.mmio_read(0x13c, 4), 0u);  // behind its end
  EXPECT_EQ(block.mmio_read(0xff8, 8), 0u);
}

}  // namespace
}  // namespace recount::testing
