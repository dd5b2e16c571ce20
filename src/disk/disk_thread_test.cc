#include "disk/disk_thread.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <random>

#include "disk/test_folder.h"
#include "host/poll.h"

namespace recount {
namespace {

std::unique_ptr<Layer> temporary_layer(const std::string& folder, uint64_t disk_bytes) {
  auto layer = Layer::create_temporary(folder, disk_bytes);
  EXPECT_TRUE(layer.has_value()) << layer.error().message;
  return std::move(*layer);
}

std::vector<DiskCompletion> wait_for(DiskThread& thread, size_t count) {
  std::vector<DiskCompletion> all;
  while (all.size() < count) {
    std::array fds{thread.fd()};
    EXPECT_TRUE(wait_readable(fds, 10'000'000'000)) << "no completion within ten seconds";
    if (::testing::Test::HasFailure()) break;
    for (const DiskCompletion& c : thread.take()) all.push_back(c);
  }
  return all;
}

TEST(DiskThreadTest, AnswersInOrderAndFallsSilent) {
  TestFolder folder;
  Bytes content = random_bytes(1 << 20, 1);
  DiskStack disk(folder.make_image("a.img", content), content.size(), DiskAccess::kReadWrite);
  disk.push(temporary_layer(folder.path(), content.size()));
  DiskThread thread(*EventFd::open());
  thread.attach(disk);
  thread.resume();
  for (uint64_t i = 0; i < 100; ++i) {
    disk.start({.serial = i, .op = static_cast<BlockOp>(i % 5), .sector = i, .sector_count = 1 + i * 10});
  }
  auto all = wait_for(thread, 100);
  ASSERT_EQ(all.size(), 100u);
  for (uint64_t i = 0; i < 100; ++i) EXPECT_EQ(all[i], (DiskCompletion{0, i, DiskStatus::kOk}));
  EXPECT_TRUE(thread.take().empty());
  EXPECT_FALSE(is_readable(thread.fd()));
}

TEST(DiskThreadTest, AnEndedBaseIsAnIoErrorAtOnce) {
  TestFolder folder;
  DiskStack disk(folder.make_image("a.img", Bytes(8192)), 16384, DiskAccess::kReadOnly);
  DiskThread thread(*EventFd::open());
  thread.attach(disk);
  thread.resume();
  disk.start({.serial = 1, .op = BlockOp::kRead, .sector = 0, .sector_count = 16});
  disk.start({.serial = 2, .op = BlockOp::kRead, .sector = 8, .sector_count = 24});
  auto all = wait_for(thread, 2);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].status, DiskStatus::kOk);
  EXPECT_EQ(all[1].status, DiskStatus::kIoError);
}

TEST(DiskThreadTest, QuiesceForgetsAndResumeGoesOn) {
  TestFolder folder;
  DiskStack disk(folder.make_image("a.img", Bytes(1 << 20)), 1 << 20, DiskAccess::kReadWrite);
  disk.push(temporary_layer(folder.path(), 1 << 20));
  DiskThread thread(*EventFd::open());
  thread.attach(disk);
  for (int round = 0; round < 50; ++round) {
    thread.resume();
    for (uint64_t i = 0; i < 20; ++i)
      disk.start({.serial = i, .op = BlockOp::kWrite, .sector = i, .sector_count = 64});
    thread.quiesce();
    EXPECT_TRUE(thread.take().empty());
    EXPECT_FALSE(is_readable(thread.fd()));
    disk.start({.serial = 7, .op = BlockOp::kFlush});  // forgotten
    disk.push(temporary_layer(folder.path(), 1 << 20));
  }
  thread.resume();
  disk.start({.serial = 99, .op = BlockOp::kFlush});
  auto all = wait_for(thread, 1);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].request, 99u);
}

// As a machine does it: the data moves on this thread while the I/O thread works on later requests.
TEST(DiskThreadTest, DataMovesWhileTheThreadWorks) {
  const uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  TestFolder folder;
  Bytes model = random_bytes(1 << 20, seed);
  const uint64_t sectors = model.size() / kSectorSize;
  DiskStack disk(folder.make_image("a.img", model), model.size(), DiskAccess::kReadWrite);
  disk.push(temporary_layer(folder.path(), model.size()));
  DiskThread thread(*EventFd::open());
  thread.attach(disk);
  thread.resume();
  std::deque<BlockRequest> flying;
  uint64_t serial = 0;
  for (uint64_t done = 0; done < 2000;) {
    while (flying.size() < 8) {
      const uint64_t sector = random() % sectors;
      flying.push_back(
          {.serial = serial++,
           .op = static_cast<BlockOp>(random() % 20 == 0 ? 2 : random() % 2 + (random() % 4 == 0 ? 3 : 0)),
           .sector = sector,
           .sector_count = std::min(sectors - sector, 1 + random() % 40)});
      disk.start(flying.back());
    }
    for (const DiskCompletion& c : wait_for(thread, 1)) {
      const BlockRequest request = flying.front();
      flying.pop_front();
      ASSERT_EQ(c.request, request.serial);
      ASSERT_EQ(c.status, DiskStatus::kOk);
      const auto at = model.begin() + static_cast<std::ptrdiff_t>(request.sector * kSectorSize);
      Bytes bytes = random_bytes(request.sector_count * kSectorSize, random());
      if (request.op == BlockOp::kRead) {
        disk.read(request.sector, bytes);
        ASSERT_TRUE(std::equal(bytes.begin(), bytes.end(), at));
      } else if (request.op == BlockOp::kWrite) {
        disk.write(request.sector, bytes);
        std::copy(bytes.begin(), bytes.end(), at);
      } else if (request.op == BlockOp::kWriteZeroes || request.op == BlockOp::kDiscard) {
        disk.write_zeroes(request.sector, request.sector_count);
        std::fill_n(at, bytes.size(), uint8_t{0});
      }
      ++done;
    }
    if (HasFailure()) return;
  }
}

// A file system of 1 MiB, while it lives.
class SmallFileSystem {
 public:
  SmallFileSystem()
      : mounted_(::geteuid() == 0 && ::mount("tmpfs", path().c_str(), "tmpfs", 0, "size=1m") == 0) {}
  ~SmallFileSystem() {
    if (mounted_) ::umount(path().c_str());
  }
  bool mounted() const { return mounted_; }
  const std::string& path() const { return folder_.path(); }

 private:
  TestFolder folder_;
  bool mounted_;
};

// On a file system with no space left, the completion says so, and writes that were promised succeed.
TEST(DiskThreadTest, NoSpaceIsAnIoErrorAtTheCompletion) {
  SmallFileSystem small;
  if (!small.mounted()) GTEST_SKIP() << "needs the right to mount";
  TestFolder folder;
  constexpr uint64_t kDisk = 4 << 20;
  DiskStack disk(folder.make_image("a.img", Bytes(kDisk)), kDisk, DiskAccess::kReadWrite);
  disk.push(temporary_layer(small.path(), kDisk));
  DiskThread thread(*EventFd::open());
  thread.attach(disk);
  thread.resume();
  for (uint64_t i = 0; i < 16; ++i) {
    disk.start({.serial = i, .op = BlockOp::kWrite, .sector = i * 512, .sector_count = 512});
  }
  auto all = wait_for(thread, 16);
  ASSERT_EQ(all.size(), 16u);
  EXPECT_EQ(all.front().status, DiskStatus::kOk);
  EXPECT_EQ(all.back().status, DiskStatus::kIoError);
  for (const DiskCompletion& c : all) {
    if (c.status == DiskStatus::kOk) disk.write(c.request * 512, Bytes(512 * kSectorSize, 0x55));
  }
  // Whole clusters of zeros need no space.
  disk.start({.serial = 20, .op = BlockOp::kWriteZeroes, .sector = 0, .sector_count = kDisk / 512});
  all = wait_for(thread, 1);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].status, DiskStatus::kOk);
  disk.write_zeroes(0, kDisk / 512);
  Bytes out(4096, 1);
  disk.read(0, out);
  EXPECT_EQ(out, Bytes(4096));
}

// The device does a discard as zeroes: where it cuts a cluster, that one has to be written whole.
TEST(DiskThreadTest, DiscardWithoutSpaceIsAnIoErrorAtTheCompletion) {
  SmallFileSystem small;
  if (!small.mounted()) GTEST_SKIP() << "needs the right to mount";
  TestFolder folder;
  constexpr uint64_t kDisk = 4 << 20, kClusterSectors = kClusterBytes / kSectorSize;
  Bytes content = random_bytes(kDisk, 3);
  DiskStack disk(folder.make_image("a.img", content), kDisk, DiskAccess::kReadWrite);
  disk.push(temporary_layer(small.path(), kDisk));
  DiskThread thread(*EventFd::open());
  thread.attach(disk);
  thread.resume();
  const uint64_t clusters = kDisk / kClusterBytes;
  std::vector<BlockRequest> requests;
  for (uint64_t i = 0; i < clusters; ++i) {
    requests.push_back(
        {.serial = i, .op = BlockOp::kDiscard, .sector = i * kClusterSectors + 1, .sector_count = 2});
  }
  // Whole clusters need no space.
  requests.push_back(
      {.serial = clusters, .op = BlockOp::kDiscard, .sector = 0, .sector_count = kDisk / kSectorSize});
  for (const BlockRequest& request : requests) disk.start(request);
  auto all = wait_for(thread, requests.size());
  ASSERT_EQ(all.size(), requests.size());
  EXPECT_EQ(all.front().status, DiskStatus::kOk);
  EXPECT_EQ(all[clusters - 1].status, DiskStatus::kIoError);
  EXPECT_EQ(all.back().status, DiskStatus::kOk);
  auto check = [&] {
    Bytes out(kDisk);
    disk.read(0, out);
    EXPECT_EQ(out, content);
  };
  for (const DiskCompletion& c : all) {
    if (c.request == clusters) check();
    if (c.status != DiskStatus::kOk) continue;
    const BlockRequest& request = requests[c.request];
    disk.write_zeroes(request.sector, request.sector_count);
    std::fill_n(content.begin() + static_cast<std::ptrdiff_t>(request.sector * kSectorSize),
                request.sector_count * kSectorSize, uint8_t{0});
  }
  check();
}

}  // namespace
}  // namespace recount
