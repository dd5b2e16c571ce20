#include "disk/disk_history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "disk/test_folder.h"

namespace recount {
namespace {

constexpr uint64_t kDiskBytes = 300 << 10, kMoments = 40;

class DiskHistoryTest : public ::testing::Test {
 protected:
  std::unique_ptr<DiskHistory> create() {
    auto history = DiskHistory::create(stack_, folder_.path());
    EXPECT_TRUE(history) << history.error().message;
    return std::move(*history);
  }
  static Bytes whole(DiskHistory& disk) {
    Bytes bytes(kDiskBytes);
    disk.read(0, bytes);
    return bytes;
  }
  // One write or range of zeros at each moment; contents_[m] is the disk after moment m.
  void write_at_each_moment(DiskHistory& disk) {
    std::mt19937_64 random(7);
    for (uint64_t m = 1; m <= kMoments; ++m) {
      disk.set_moment(m);
      const uint64_t sector = random() % (kDiskBytes / kSectorSize), most = kDiskBytes / kSectorSize - sector;
      const uint64_t count = std::min(most, 1 + random() % 100);
      Bytes bytes(count * kSectorSize);
      if (random() % 4 == 0) {
        disk.write_zeroes(sector, count);
      } else {
        bytes = random_bytes(bytes.size(), m);
        disk.write(sector, bytes);
      }
      contents_.push_back(contents_.back());
      std::ranges::copy(bytes, contents_.back().begin() + static_cast<std::ptrdiff_t>(sector * kSectorSize));
    }
  }
  void reads_as_it_was_at_every_moment(DiskHistory& disk) {
    for (uint64_t m : {kMoments, uint64_t{0}, uint64_t{7}, uint64_t{23}, uint64_t{1}, kMoments}) {
      disk.set_moment(m);
      EXPECT_TRUE(whole(disk) == contents_[m]) << "at moment " << m;
    }
  }

  TestFolder folder_;
  std::vector<Bytes> contents_{random_bytes(kDiskBytes, 1)};
  DiskStack stack_{folder_.make_image("base", contents_[0]), kDiskBytes, DiskAccess::kReadWrite};
};

TEST_F(DiskHistoryTest, ReadsAsItWasAtEveryMomentAndWritesAgainChangeNothing) {
  auto disk = create();
  write_at_each_moment(*disk);
  reads_as_it_was_at_every_moment(*disk);
  disk->set_moment(5);
  disk->write(0, Bytes(kSectorSize, 0xee));
  reads_as_it_was_at_every_moment(*disk);
}

TEST_F(DiskHistoryTest, SavedAndLoadedItHasTheSamePast) {
  auto disk = create();
  write_at_each_moment(*disk);
  auto out = SealedFileWriter::create(folder_ / "past");
  ASSERT_TRUE(out);
  disk->save(**out);
  ASSERT_TRUE((*out)->finish());

  auto copy = create();
  auto in = SealedFileReader::open(folder_ / "past");
  ASSERT_TRUE(in);
  ASSERT_TRUE(copy->load(**in));
  EXPECT_EQ((*in)->remaining_bytes(), 0u);
  copy->set_moment(kMoments);
  copy->write(0, Bytes(kSectorSize, 0xee));
  reads_as_it_was_at_every_moment(*copy);
}

TEST_F(DiskHistoryTest, WhatIsNoPastOfThisDiskIsRefused) {
  struct Case {
    std::vector<uint64_t> numbers;  // known, used bytes, clusters, then each
  };
  const Case cases[] = {{{9, 0, 1, 1 << 20, 1, 1, 0}},        // a cluster beyond the disk
                        {{9, 0, 1, 0, 1, 1, 0}},              // a place in the file where nothing is
                        {{9, 0, 1, 0, 2, 5, ~0ull, 5, ~0ull}},  // not in order
                        {{9, 0, 1, 0, 1, 10, ~0ull}},         // later than all that is known
                        {{9, 1ull << 60, 0}},                 // bytes that are not there
                        {{9, 0, ~0ull, 0, 0}}};               // more clusters than the file can hold
  for (const Case& c : cases) {
    auto out = SealedFileWriter::create(folder_ / "past");
    ASSERT_TRUE(out);
    for (uint64_t n : c.numbers) (*out)->number(n);
    ASSERT_TRUE((*out)->finish());
    auto in = SealedFileReader::open(folder_ / "past");
    auto loaded = create()->load(**in);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().kind, ErrorKind::kDamaged);
  }
}

}  // namespace
}  // namespace recount
