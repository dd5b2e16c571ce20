#include "disk/disk_image.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <random>

#include "disk/base_digest.h"
#include "disk/maintenance.h"
#include "disk/test_folder.h"
#include "host/file.h"
#include "host/process.h"

namespace recount {
namespace {

uint64_t print_seed() {
  const uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

class DiskImageTest : public ::testing::Test {
 protected:
  DiskImageTest() { folder_.make_image("a.img", content_); }

  std::unique_ptr<DiskImage> open() {
    auto image = DiskImage::open(path_, DiskAccess::kReadWrite);
    EXPECT_TRUE(image.has_value()) << image.error().message;
    return std::move(*image);
  }
  static Bytes whole(DiskStack& disk) {
    Bytes bytes(disk.disk_bytes());
    disk.read(0, bytes);
    return bytes;
  }
  // Writes both to the disk and to the model.
  void write(DiskImage& image, uint64_t sector, ByteView bytes) {
    image.stack().write(sector, bytes);
    std::ranges::copy(bytes, content_.begin() + static_cast<std::ptrdiff_t>(sector * kSectorSize));
  }
  void write_at_random(DiskImage& image, std::mt19937_64& random, int times) {
    for (int i = 0; i < times; ++i) {
      const uint64_t sector = random() % (kDisk / kSectorSize);
      const uint64_t count = std::min(kDisk / kSectorSize - sector, 1 + random() % 64);
      write(image, sector, random_bytes(count * kSectorSize, random()));
    }
  }
  // Three layers on each other; content_ is what they read as.
  void leave_three_layers(uint64_t seed) {
    std::mt19937_64 random(seed);
    auto image = open();
    for (int layer = 0; layer < 3; ++layer) {
      if (layer != 0) {
        ASSERT_TRUE(image->push_layer());
      }
      write_at_random(*image, random, 60);
    }
  }
  std::string error_of_opening(DiskAccess access) {
    auto image = DiskImage::open(path_, access);
    return image ? "" : image.error().message;
  }

  static constexpr uint64_t kDisk = (4 << 20) + 512;
  TestFolder folder_;
  std::string path_ = folder_ / "a.img";
  Bytes content_ = random_bytes(kDisk, 3);
  const Bytes base_ = content_;
};

// Kills a process that does this after a random time, again and again, until it has come to its end once.
// after_kill looks at what each one left.
int kill_until_done(
    std::mt19937_64& random, uint64_t longest_us, const std::function<int()>& body,
    const std::function<void()>& after_kill = [] {}) {
  for (int kills = 0;; ++kills) {
    const int pid = *fork_process("victim", body);
    const uint64_t wait_us = random() % longest_us * (1 + static_cast<uint64_t>(kills) / 5);
    ::usleep(static_cast<useconds_t>(wait_us));
    ::kill(pid, SIGKILL);
    int status = 0;
    EXPECT_EQ(::waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status)) {
      EXPECT_EQ(WEXITSTATUS(status), 0);
      return kills;
    }
    after_kill();
  }
}

TEST_F(DiskImageTest, TheNextRunGoesOnWhereThisOneEndedAndTheBaseIsUntouched) {
  std::mt19937_64 random(print_seed());
  for (int run = 0; run < 3; ++run) {
    auto image = open();
    ASSERT_EQ(whole(image->stack()), content_);
    write_at_random(*image, random, 20);
    ASSERT_TRUE(image->push_layer());
    write_at_random(*image, random, 20);
    ASSERT_EQ(whole(image->stack()), content_);
  }
  EXPECT_EQ(open()->stack().layer_count(), 1u);
  EXPECT_EQ(*read_file(path_), base_);
}

TEST_F(DiskImageTest, AKilledProcessLosesNothingThatWasWritten) {
  std::mt19937_64 random(print_seed());
  constexpr uint64_t kPieces = kDisk / kSectorSize / 3;
  auto* written = static_cast<std::atomic<uint64_t>*>(
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(static_cast<void*>(written), MAP_FAILED);
  for (int round = 0; round < 10; ++round) {
    *written = 0;
    const auto value = static_cast<uint8_t>(round);
    const int pid = *fork_process("victim", [&] {
      auto image = open();
      for (uint64_t i = 0; i < kPieces; ++i) {
        image->stack().write(i * 3, Bytes(2 * kSectorSize, value));
        written->store(i + 1);
      }
      ::pause();
      return 0;
    });
    while (written->load() == 0) ::usleep(100);
    ::usleep(static_cast<useconds_t>(random() % 3000));
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    auto image = open();
    for (uint64_t i = 0; i < *written; ++i) {
      std::fill_n(content_.begin() + static_cast<std::ptrdiff_t>(i * 3 * kSectorSize), 2 * kSectorSize,
                  value);
    }
    Bytes found = whole(image->stack());
    // The piece that was under way may be there or not, in whole sectors.
    if (*written < kPieces) {
      const auto at = static_cast<std::ptrdiff_t>(*written * 3 * kSectorSize);
      for (std::ptrdiff_t s = at; s < at + 2 * 512; s += 512) {
        const bool is_new =
            std::all_of(found.begin() + s, found.begin() + s + 512, [&](uint8_t b) { return b == value; });
        if (is_new) std::fill_n(content_.begin() + s, 512, value);
      }
    }
    ASSERT_EQ(found, content_) << "round " << round << ", " << *written << " pieces";
  }
  ::munmap(written, 4096);
}

TEST_F(DiskImageTest, AMergeKilledHalfWayIsDoneAgain) {
  std::mt19937_64 random(print_seed());
  int kills = 0;
  for (int round = 0; round < 8; ++round) {
    leave_three_layers(random());
    kills += kill_until_done(random, 4000,
                             [this] { return DiskImage::open(path_, DiskAccess::kReadWrite) ? 0 : 1; });
    auto image = open();
    ASSERT_EQ(image->stack().layer_count(), 1u);
    ASSERT_EQ(whole(image->stack()), content_) << "round " << round;
  }
  std::printf("%d kills\n", kills);
}

TEST_F(DiskImageTest, ACommitKilledHalfWayIsDoneAgain) {
  std::mt19937_64 random(print_seed());
  int kills = 0, found_half = 0;
  for (int round = 0; round < 8; ++round) {
    leave_three_layers(random());
    const auto look = [&] {
      if (!*is_half_committed(path_)) return;
      ++found_half;
      EXPECT_NE(error_of_opening(DiskAccess::kReadWrite).find("recount disk commit"), std::string::npos);
      EXPECT_NE(error_of_opening(DiskAccess::kReadOnly), "");
      EXPECT_FALSE(discard_layers(path_));
    };
    kills += kill_until_done(
        random, 6000, [this] { return commit_layers(path_) ? 0 : 1; }, look);
    ASSERT_EQ(*read_file(path_), content_) << "round " << round;
    ASSERT_EQ(whole(open()->stack()), content_);
  }
  std::printf("%d kills, %d in the middle\n", kills, found_half);
}

TEST_F(DiskImageTest, AfterAForkNeitherSideSeesWhatTheOtherWrites) {
  std::mt19937_64 random(print_seed());
  auto image = open();
  write_at_random(*image, random, 50);
  ASSERT_TRUE(image->prepare_layer());
  const uint64_t child_seed = random();
  int pipe_fds[2];
  ASSERT_EQ(::pipe(pipe_fds), 0);
  const int pid = *fork_process("backup", [&] {
    if (!image->push_temporary(folder_.path())) return 1;
    char byte;
    if (::read(pipe_fds[0], &byte, 1) != 1) return 2;  // the parent has written
    if (whole(image->stack()) != content_) return 3;
    std::mt19937_64 own(child_seed);
    for (int i = 0; i < 5; ++i) {
      write_at_random(*image, own, 10);
      if (whole(image->stack()) != content_) return 4;
      if (!image->push_temporary(folder_.path())) return 5;
    }
    return whole(image->stack()) == content_ ? 0 : 6;
  });
  ASSERT_TRUE(image->push_layer());
  write_at_random(*image, random, 50);
  ASSERT_EQ(::write(pipe_fds[1], "x", 1), 1);
  for (int i = 0; i < 20; ++i) {
    write_at_random(*image, random, 5);
    ASSERT_EQ(whole(image->stack()), content_);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  image.reset();
  EXPECT_EQ(whole(open()->stack()), content_);
}

TEST_F(DiskImageTest, ASecondRecorderIsRefusedUntilTheLastForkIsGone) {
  auto image = open();
  EXPECT_NE(error_of_opening(DiskAccess::kReadWrite).find("in use"), std::string::npos);
  EXPECT_EQ(DiskImage::open(path_, DiskAccess::kReadWrite).error().kind, ErrorKind::kUnavailable);
  EXPECT_FALSE(commit_layers(path_));
  EXPECT_FALSE(discard_layers(path_));
  EXPECT_TRUE(layer_status(path_)->in_use);
  EXPECT_EQ(error_of_opening(DiskAccess::kReadOnly), "");
  const int pid = *fork_process("backup", [&] {
    if (!image->push_temporary(folder_.path())) return 1;
    ::pause();
    return 0;
  });
  image.reset();
  EXPECT_NE(error_of_opening(DiskAccess::kReadWrite), "");
  kill_process(pid);
  ::waitpid(pid, nullptr, 0);
  EXPECT_EQ(error_of_opening(DiskAccess::kReadWrite), "");
}

TEST_F(DiskImageTest, ReadOnlyMakesNothingBesideTheImage) {
  auto image = *DiskImage::open(path_, DiskAccess::kReadOnly);
  EXPECT_TRUE(image->stack().read_only());
  EXPECT_TRUE(image->push_layer());
  EXPECT_TRUE(image->push_temporary(folder_.path()));
  EXPECT_EQ(whole(image->stack()), content_);
  EXPECT_FALSE(*file_exists(path_ + ".recount"));
}

TEST_F(DiskImageTest, WhatIsNoImageIsRefused) {
  folder_.make_image("odd.img", Bytes(513));
  folder_.make_image("empty.img", Bytes());
  for (const char* name : {"odd.img", "empty.img", "none.img", "."}) {
    auto image = DiskImage::open(folder_ / name, DiskAccess::kReadWrite);
    ASSERT_FALSE(image) << name;
    EXPECT_EQ(image.error().kind, ErrorKind::kUnreadable);
    EXPECT_TRUE(image.error().message.starts_with((folder_ / name) + ": cannot open: "))
        << image.error().message;
  }
}

TEST_F(DiskImageTest, ABaseThatChangedUnderItsLayersIsRefused) {
  write(*open(), 0, Bytes(512));
  ::usleep(20'000);  // the file system's clock is coarse
  folder_.make_image("a.img", base_);
  EXPECT_NE(error_of_opening(DiskAccess::kReadWrite).find("recount disk discard"), std::string::npos);
  EXPECT_FALSE(commit_layers(path_));
  ASSERT_TRUE(discard_layers(path_));
  EXPECT_EQ(whole(open()->stack()), base_);
}

TEST_F(DiskImageTest, ADamagedLayerIsRefused) {
  write(*open(), 0, Bytes(512));
  auto layer = RandomFile::open(layer_paths(path_)->front(), FileMode::kReadWrite);
  ASSERT_TRUE(layer->write(20, Bytes{0xff}));
  auto image = DiskImage::open(path_, DiskAccess::kReadWrite);
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().kind, ErrorKind::kDamaged);
  EXPECT_NE(image.error().message.find("000001.layer: is damaged"), std::string::npos)
      << image.error().message;
}

TEST_F(DiskImageTest, StatusCountsWhatWasWritten) {
  EXPECT_EQ(layer_status(path_)->layers, 0u);
  write(*open(), 7, Bytes(2 * 512, 1));  // across two clusters
  auto status = *layer_status(path_);
  EXPECT_EQ(status.layers, 1u);
  EXPECT_EQ(status.written_bytes, 8192u);
  EXPECT_FALSE(status.in_use);
}

TEST_F(DiskImageTest, TheBaseDigestIsRememberedForTheSameFileOnly) {
  EXPECT_EQ(*base_digest(path_), blake2b(base_));
  open();
  const std::string cache = path_ + ".recount/base.digest";
  EXPECT_EQ(*base_digest(path_), blake2b(base_));
  EXPECT_FALSE(*file_exists(cache)) << "it has just been written: its time may not show the next change";
  const timespec past[2] = {{.tv_sec = 1'000'000, .tv_nsec = 5}, {.tv_sec = 1'000'000, .tv_nsec = 5}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path_.c_str(), past, 0), 0);
  EXPECT_EQ(*base_digest(path_), blake2b(base_));
  ASSERT_TRUE(*file_exists(cache));
  // Believed, even if it is wrong: so it was not computed again.
  Bytes text = *read_file(cache);
  text[text.size() - 2] = text[text.size() - 2] == '0' ? '1' : '0';
  ASSERT_TRUE(RandomFile::open(cache, FileMode::kReplace)->write(0, text));
  EXPECT_NE(*base_digest(path_), blake2b(base_));
  for (const char* damaged : {"", "1 2 3", "nonsense\n"}) {
    ASSERT_TRUE(RandomFile::open(cache, FileMode::kReplace)->write(0, view_of(damaged)));
    EXPECT_EQ(*base_digest(path_), blake2b(base_));
  }
  folder_.make_image("a.img", Bytes(1024, 9));
  EXPECT_EQ(*base_digest(path_), blake2b(Bytes(1024, 9)));
}

}  // namespace
}  // namespace recount
