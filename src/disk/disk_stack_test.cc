#include "disk/disk_stack.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "disk/test_folder.h"

namespace recount {
namespace {

std::unique_ptr<Layer> temporary_layer(const TestFolder& folder, uint64_t disk_bytes) {
  auto layer = Layer::create_temporary(folder.path(), disk_bytes);
  EXPECT_TRUE(layer.has_value()) << layer.error().message;
  return std::move(*layer);
}

TEST(DiskStackTest, WithoutLayersReadsTheBase) {
  TestFolder folder;
  Bytes content = random_bytes(10 * 512, 7);
  DiskStack disk(folder.make_image("a.img", content), content.size(), DiskAccess::kReadOnly);
  Bytes out(content.size());
  disk.read(0, out);
  EXPECT_EQ(out, content);
  EXPECT_EQ(disk.sector_count(), 10u);
  EXPECT_EQ(disk.next_written(0), disk.clusters());
}

// Any mixture of reads, writes, zeroes and pushes is as on a plain array of bytes.
TEST(DiskStackTest, BehavesAsAPlainArray) {
  const uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  TestFolder folder;
  for (int round = 0; round < 8; ++round) {
    const uint64_t sectors = 1 + random() % 3000;
    Bytes model = random_bytes(sectors * kSectorSize, random());
    DiskStack disk(folder.make_image("a.img", model), model.size(), DiskAccess::kReadWrite);
    disk.push(temporary_layer(folder, model.size()));
    for (int step = 0; step < 600; ++step) {
      const uint64_t sector = random() % sectors;
      const uint64_t count =
          std::min(sectors - sector, random() % 3 == 0 ? random() % 200 : 1 + random() % 12);
      const auto at = model.begin() + static_cast<std::ptrdiff_t>(sector * kSectorSize);
      const auto size = static_cast<std::ptrdiff_t>(count * kSectorSize);
      switch (random() % 16) {
        case 0:
          disk.push(temporary_layer(folder, model.size()));
          break;
        case 1:
          ASSERT_TRUE(disk.flush());
          break;
        case 2:
          ASSERT_TRUE(disk.reserve(sector, count, BlockOp::kWriteZeroes));
          break;
        case 3:
        case 4:
        case 5:
          disk.write_zeroes(sector, count);
          std::fill(at, at + size, uint8_t{0});
          break;
        case 6:
        case 7:
        case 8:
        case 9: {
          Bytes out(static_cast<size_t>(size));
          disk.read(sector, out);
          ASSERT_TRUE(std::equal(out.begin(), out.end(), at)) << "round " << round << " step " << step;
          break;
        }
        default: {
          Bytes bytes = random_bytes(static_cast<size_t>(size), random());
          ASSERT_TRUE(disk.reserve(sector, count, BlockOp::kWrite));
          disk.write(sector, bytes);
          std::copy(bytes.begin(), bytes.end(), at);
        }
      }
    }
    Bytes out(model.size());
    disk.read(0, out);
    ASSERT_EQ(out, model);
  }
}

TEST(DiskStackTest, PartOfAClusterIsFilledFromBelow) {
  TestFolder folder;
  Bytes content = random_bytes(3 * kClusterBytes, 1);
  DiskStack disk(folder.make_image("a.img", content), content.size(), DiskAccess::kReadWrite);
  disk.push(temporary_layer(folder, content.size()));
  disk.write(9, Bytes(512, 0xaa));
  std::fill_n(content.begin() + 9 * 512, 512, uint8_t{0xaa});
  Bytes out(content.size());
  disk.read(0, out);
  EXPECT_EQ(out, content);
  EXPECT_EQ(disk.next_written(0), 1u);
  EXPECT_EQ(disk.next_written(2), disk.clusters());
}

TEST(DiskStackTest, WholeZeroClustersTakeNoSpace) {
  TestFolder folder;
  Bytes content = random_bytes(1 << 20, 1);
  DiskStack disk(folder.make_image("a.img", content), content.size(), DiskAccess::kReadWrite);
  auto layer = temporary_layer(folder, content.size());
  const Layer& top = *layer;
  disk.push(std::move(layer));
  const uint64_t before = *top.allocated_bytes();
  disk.write_zeroes(0, disk.sector_count());
  EXPECT_EQ(*top.allocated_bytes(), before);
  EXPECT_EQ(top.count(), disk.clusters());
}

}  // namespace
}  // namespace recount
