#include "host/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "host/file.h"
#include "host/folders.h"
#include "host/process.h"
#include "host/stream.h"

namespace recount {
namespace {

constexpr auto kNamed = AtomicFile::Until::kNamed;
using Names = std::vector<std::string>;

class AtomicFileTest : public testing::Test {
 protected:
  void SetUp() override { folder_ = *make_private_folder(testing::TempDir(), "atomic_file_test"); }
  void TearDown() override { remove_folder(folder_); }

  // A process that has begun a file and sits on it.
  int writer() {
    auto [ours, theirs] = *stream_pair();
    auto pid = fork_process("writer", [this, &theirs = theirs] {
      auto file = AtomicFile::create(folder_, "x", kNamed);
      write_all(theirs.get(), view_of(file ? "y" : "n"));
      for (;;) ::pause();
      return 0;
    });
    EXPECT_EQ(read_some(ours.get()), Bytes{'y'});
    return *pid;
  }
  static void kill(int pid) {
    kill_process(pid);
    int status;
    EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  }
  std::string folder_;
};

TEST_F(AtomicFileTest, WhatAKilledProcessLeftIsRemovedByTheNextWriter) {
  int killed = writer(), living = writer();
  EXPECT_EQ(list_folder(folder_)->size(), 2u);
  kill(killed);
  EXPECT_EQ(list_folder(folder_)->size(), 2u);
  auto file = *AtomicFile::create(folder_, "evidence", kNamed);
  EXPECT_EQ(list_folder(folder_)->size(), 2u);  // the living one's and this
  ASSERT_TRUE(file->publish());
  EXPECT_EQ(list_folder(folder_)->size(), 2u);
  kill(living);
  ASSERT_TRUE((*AtomicFile::create(folder_, "evidence"))->publish());
  EXPECT_EQ(*list_folder(folder_), (Names{"evidence", "evidence-2"}));
}

TEST_F(AtomicFileTest, OnlyOurOwnTemporaryFilesAreRemoved) {
  Names others{".recount-.part", ".recount-abcdefg.part", "recount-abcdef.part", ".recount-abcdef.par"};
  for (const std::string& name : others) std::ofstream(folder_ + "/" + name) << "x";
  ASSERT_TRUE(make_folder(folder_ + "/.recount-folder.part"));
  ASSERT_EQ(::symlink("recount-abcdef.part", (folder_ + "/.recount-symlnk.part").c_str()), 0);
  std::ofstream(folder_ + "/.recount-abcdef.part") << "x";
  auto before = *list_folder(folder_);
  ASSERT_TRUE((*AtomicFile::create(folder_, "a"))->publish());
  auto after = *list_folder(folder_);
  std::erase(before, ".recount-abcdef.part");
  std::erase(after, "a");
  EXPECT_EQ(after, before);
}

TEST_F(AtomicFileTest, WritersAtTheSameTimeDoNotRemoveEachOthersFiles) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 100; ++i) {
        auto file = *AtomicFile::create(folder_, "e", t % 2 == 0 ? kNamed : AtomicFile::Until::kNameless);
        EXPECT_TRUE(file->file().write(0, view_of("whole")));
        if (i % 2 == 0) {
          EXPECT_TRUE(file->publish());
        }
      }
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(list_folder(folder_)->size(), 200u);
}

}  // namespace
}  // namespace recount
