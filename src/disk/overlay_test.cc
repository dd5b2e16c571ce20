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
  static Bytes drained(ByteSource source, size_t step) {
    Bytes all, piece(step);
    for (;;) {
      auto got = source(piece);
      EXPECT_TRUE(got && *got <= step);
      if (!got || *got == 0) return all;
      all.insert(all.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(*got));
    }
  }
  static Bytes exported(const DiskStack& disk) { return drained(export_overlay(disk), 1 << 16); }
  static Bytes whole(DiskStack& disk) {
    Bytes bytes(kDisk);
    disk.read(0, bytes);
    return bytes;
  }
  auto import(ByteView bytes) { return import_overlay(source_of(bytes), kDisk, folder_.path()); }

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

TEST_F(OverlayTest, AnExportIsTheSameInPiecesOfAnySizeAndImportsDirectly) {
  auto disk = base();
  disk->push(temporary());
  disk->write(3, random_bytes(700 * kSectorSize, 4));
  disk->write_zeroes(2000, 80);
  const Bytes overlay = exported(*disk);
  for (size_t step : {1, 7, 4096, 3 << 20}) EXPECT_EQ(drained(export_overlay(*disk), step), overlay);
  auto again = base();
  again->push(std::move(*import_overlay(export_overlay(*disk), kDisk, folder_.path())));
  EXPECT_EQ(whole(*again), whole(*disk));
}

TEST_F(OverlayTest, AnErrorOfTheSourceEndsTheImport) {
  auto disk = base();
  disk->push(temporary());
  disk->write(0, random_bytes(1 << 18, 4));
  auto at_the_end = [whole = export_overlay(*disk)](std::span<uint8_t> out) mutable -> Result<size_t> {
    size_t got = TRY(whole(out));
    if (got == 0) return fail(ErrorKind::kDamaged, "altered");
    return got;
  };
  auto layer = import_overlay(at_the_end, kDisk, folder_.path());
  ASSERT_FALSE(layer);
  EXPECT_EQ(layer.error().message, "altered");
}

TEST_F(OverlayTest, AnOverlayOfAnotherDiskIsRefused) {
  auto overlay = exported(*base());
  EXPECT_FALSE(import_overlay(source_of(overlay), kDisk + 512, folder_.path()));
}

}  // namespace
}  // namespace recount
