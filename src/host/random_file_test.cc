#include "host/random_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "host/file.h"
#include "host/folders.h"

namespace recount {
namespace {

class RandomFileTest : public testing::Test {
 protected:
  void SetUp() override { folder_ = *make_private_folder(testing::TempDir(), "random_file_test"); }
  void TearDown() override { remove_folder(folder_); }
  RandomFile made(ByteView content) {
    auto file = *RandomFile::open(folder_ + "/a", FileMode::kReplace);
    EXPECT_TRUE(file.write(0, content));
    return file;
  }
  std::string folder_;
};

TEST_F(RandomFileTest, WhatIsWrittenIsReadAtItsOffset) {
  auto file = made(view_of("0123456789"));
  ASSERT_TRUE(file.write(4, view_of("xy")));
  Bytes out(4);
  ASSERT_TRUE(file.read(3, out));
  EXPECT_EQ(out, (Bytes{'3', 'x', 'y', '6'}));
  EXPECT_EQ(*file.size(), 10u);
  EXPECT_TRUE(file.sync());
}

TEST_F(RandomFileTest, EndOfFileIsAShortReadOrAnError) {
  auto file = made(view_of("0123"));
  Bytes out(8);
  EXPECT_EQ(*file.read_up_to_end(1, out), 3u);
  EXPECT_EQ(*file.read_up_to_end(4, out), 0u);
  EXPECT_EQ(*file.read_up_to_end(400, out), 0u);
  auto exact = file.read(1, out);
  ASSERT_FALSE(exact);
  EXPECT_EQ(exact.error().kind, ErrorKind::kUnreadable);
  EXPECT_EQ(exact.error().message, folder_ + "/a: cannot read: it ends too early");
}

TEST_F(RandomFileTest, OnlyRegularFilesOpenAndNobodyWaits) {
  ASSERT_EQ(::mkfifo((folder_ + "/fifo").c_str(), 0600), 0);
  for (FileMode mode : {FileMode::kRead, FileMode::kReadWrite, FileMode::kReplace}) {
    for (const std::string& path : {folder_ + "/fifo", folder_, std::string("/dev/null")}) {
      auto file = RandomFile::open(path, mode);
      ASSERT_FALSE(file) << path;
      EXPECT_EQ(file.error().kind, ErrorKind::kUnreadable);
      EXPECT_TRUE(file.error().message.starts_with(path + ": cannot open: ")) << file.error().message;
    }
  }
  EXPECT_FALSE(RandomFile::open(folder_ + "/none", FileMode::kRead));
  EXPECT_FALSE(RandomFile::open(folder_ + "/none", FileMode::kReadWrite));
  EXPECT_FALSE(*file_exists(folder_ + "/none"));
}

TEST_F(RandomFileTest, ReadOnlyFileRefusesWrites) {
  made(view_of("0123"));
  auto file = *RandomFile::open(folder_ + "/a", FileMode::kRead);
  auto written = file.write(0, view_of("x"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::kUnavailable);
  EXPECT_FALSE(file.resize(0));
}

TEST_F(RandomFileTest, ReplaceEmptiesAndResizeMakesHoles) {
  made(view_of("0123"));
  auto file = *RandomFile::open(folder_ + "/a", FileMode::kReplace);
  EXPECT_EQ(*file.size(), 0u);
  ASSERT_TRUE(file.resize(1 << 20));
  EXPECT_EQ(*file.size(), 1u << 20);
  EXPECT_EQ(*file.allocated_bytes(), 0u);
  if (*file.allocate(0, 1 << 16)) {
    EXPECT_GE(*file.allocated_bytes(), 1u << 16);
  }
  Bytes out(16, 1);
  ASSERT_TRUE(file.read(1000, out));
  EXPECT_EQ(out, Bytes(16));
}

TEST_F(RandomFileTest, IdentityChangesWithContentAndWithTheFile) {
  auto file = made(view_of("0123"));
  auto before = *file.identity();
  EXPECT_EQ(*file.identity(), before);
  ASSERT_TRUE(file.write(4, view_of("4")));
  EXPECT_NE(*file.identity(), before);
  before = *file.identity();
  ASSERT_TRUE(rename_file(folder_ + "/a", folder_ + "/b"));
  EXPECT_NE(made(view_of("01234")).identity()->inode, before.inode);
}

TEST_F(RandomFileTest, TemporaryAndMemoryHaveNoName) {
  auto temporary = *RandomFile::temporary(folder_);
  ASSERT_TRUE(temporary.write(0, view_of("abc")));
  EXPECT_TRUE(list_folder(folder_)->empty());
  auto memory = *RandomFile::in_memory(view_of("abc"));
  for (const RandomFile* file : {&temporary, &memory}) {
    Bytes out(3);
    ASSERT_TRUE(file->read(0, out));
    EXPECT_EQ(out, (Bytes{'a', 'b', 'c'}));
    EXPECT_EQ(*file->size(), 3u);
  }
  EXPECT_FALSE(RandomFile::temporary(folder_ + "/none"));
}

TEST_F(RandomFileTest, ReplaceFileLeavesOneFileOrTheOldOne) {
  const std::string path = folder_ + "/whole";
  ASSERT_TRUE(replace_file(path, view_of("one")));
  ASSERT_TRUE(replace_file(path, view_of("two")));
  EXPECT_EQ(*read_file(path), (Bytes{'t', 'w', 'o'}));
  ASSERT_TRUE(make_folder(folder_ + "/taken/inside"));
  EXPECT_EQ(replace_file(folder_ + "/taken", view_of("x")).error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(replace_file(folder_ + "/none/x", view_of("x")).error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(*list_folder(folder_), (std::vector<std::string>{"taken", "whole"}));
}

}  // namespace
}  // namespace recount
