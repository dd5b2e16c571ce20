#include "app/perf_map.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <fstream>
#include <sstream>

#include "host/file.h"
#include "host/process.h"

namespace recount {
namespace {

std::string text_of(int pid) {
  std::stringstream text;
  text << std::ifstream(PerfMap::path_of(pid)).rdbuf();
  return text.str();
}

class PerfMapTest : public testing::Test {
 protected:
  void TearDown() override { static_cast<void>(remove_file(PerfMap::path_of(own_pid()))); }
  PerfMap map_;
};

const void* at(uintptr_t address) { return reinterpret_cast<const void*>(address); }

TEST_F(PerfMapTest, ALineABlock) {
  map_.translated(0x80001000, at(0x7f0000001000), 0x90);
  map_.translated(0x80001ffe, at(0x7f0000001090), 16);
  EXPECT_EQ(text_of(own_pid()), "7f0000001000 90 jit:0x80001000\n7f0000001090 10 jit:0x80001ffe\n");
}

TEST_F(PerfMapTest, WhatIsForgottenHasNoLine) {
  map_.translated(0x80001000, at(0x7f0000001000), 0x90);
  map_.forgotten();
  map_.translated(0x80002000, at(0x7f0000001000), 0x20);
  EXPECT_EQ(text_of(own_pid()), "7f0000001000 20 jit:0x80002000\n");
}

TEST_F(PerfMapTest, AForkHasItsOwnFile) {
  map_.translated(0x80001000, at(0x7f0000001000), 0x90);
  pid_t child = fork();
  if (child == 0) {
    map_.translated(0x80003000, at(0x7f0000005000), 0x30);
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(text_of(own_pid()), "7f0000001000 90 jit:0x80001000\n");
  EXPECT_EQ(text_of(child), "7f0000005000 30 jit:0x80003000\n");
  EXPECT_TRUE(remove_file(PerfMap::path_of(child)));
}

}  // namespace
}  // namespace recount
