#include "disk/overlay.h"

#include <gtest/gtest.h>

#include <random>

#include "disk/test_folder.h"

namespace recount {
namespace {

class OverlayTest : public ::testing::Test {
 protected:
  std::unique_ptr<Layer> temporary() { return std::move(*Layer::create_temporary(folder_.path(), kDisk)); }
  std::unique_ptr<DiskStack> base() {
    auto disk =
        std::make_unique<DiskStack>(folder_.make_image("a.img", content_), kDisk, DiskAccess::kReadWrite);
    return disk;
  }
  static Bytes exported(const DiskStack& disk) {
    Bytes all;
    EXPECT_TRUE(export_overlay(disk, [&all](ByteView piece) -> Result<void> {
      EXPECT_LE(piece.size(), 2u << 20);
      all.insert(all.end(), piece.begin(), piece.end());
      return {};
    }));
    return all;
  }
  static Bytes whole(DiskStack& disk) {
    Bytes bytes(kDisk);
    disk.read(0, bytes);
    return bytes;
  }
  auto import(ByteView bytes) { return import_overlay(bytes, kDisk, folder_.path()); }

  static constexpr uint64_t kDisk = 1000 * kClusterBytes + 1024;
  TestFolder folder_;
  Bytes content_ = random_bytes(kDisk, 5);
};

TEST_F(OverlayTest, AnImportReadsAsTheStackThatWasExported) {
  const uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  auto disk = base();
  for (int layer = 0; layer < 4; ++layer) {
    disk->push(temporary());
    for (int i = 0; i < 40; ++i) {
      const uint64_t sector = random() % disk->sector_count();
      const uint64_t count = std::min(disk->sector_count() - sector, 1 + random() % 60);
      if (random() % 3 == 0) {
        disk->write_zeroes(sector, count);
      } else {
        disk->write(sector, random_bytes(count * kSectorSize, random()));
      }
    }
  }
  const Bytes overlay = exported(*disk);
  auto layer = import(overlay);
  ASSERT_TRUE(layer) << layer.error().message;
  auto again = base();
  again->push(std::move(*layer));
  EXPECT_EQ(whole(*again), whole(*disk));
  EXPECT_EQ(exported(*again), overlay);
}

TEST_F(OverlayTest, AnUntouchedDiskIsAHeaderAndZerosAreSmall) {
  auto disk = base();
  EXPECT_EQ(exported(*disk).size(), 32u);
  disk->push(temporary());
  disk->write_zeroes(0, disk->sector_count());
  disk->write(8, Bytes(kClusterBytes));  // written, but zero
  EXPECT_LT(exported(*disk).size(), 64u);
  auto again = base();
  again->push(std::move(*import(exported(*disk))));
  EXPECT_EQ(whole(*again), Bytes(kDisk));
}

TEST_F(OverlayTest, EveryCutIsRefused) {
  auto disk = base();
  disk->push(temporary());
  disk->write(1, Bytes(512, 1));
  disk->write_zeroes(400, 80);
  const Bytes overlay = exported(*disk);
  for (size_t size = 0; size < overlay.size(); size += size < 40 || size + 20 > overlay.size() ? 1 : 97) {
    auto layer = import(ByteView(overlay).first(size));
    ASSERT_FALSE(layer) << size;
    EXPECT_EQ(layer.error().kind, ErrorKind::kDamaged);
  }
  Bytes longer = overlay;
  longer.push_back(0);
  EXPECT_FALSE(import(longer));
}

TEST_F(OverlayTest, AnErrorOfTheSinkEndsTheExport) {
  auto disk = base();
  disk->push(temporary());
  disk->write(0, Bytes(512, 1));
  auto result =
      export_overlay(*disk, [](ByteView) { return Result<void>(fail(ErrorKind::kUnavailable, "full")); });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "full");
}

TEST_F(OverlayTest, AnOverlayOfAnotherDiskIsRefused) {
  auto overlay = exported(*base());
  EXPECT_FALSE(import_overlay(overlay, kDisk + 512, folder_.path()));
}

}  // namespace
}  // namespace recount
