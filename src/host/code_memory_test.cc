#include "host/code_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <string>

namespace recount {
namespace {

constexpr size_t kSize = 256 << 10;

// The permissions of the mapping that holds this address, such as "r-xs"; empty if there is none.
std::string permissions_at(const void* address) {
  std::ifstream maps("/proc/self/maps");
  auto at = reinterpret_cast<uintptr_t>(address);
  for (std::string line; std::getline(maps, line);) {
    uintptr_t begin = 0, end = 0;
    char permissions[8] = "";
    std::sscanf(line.c_str(), "%lx-%lx %7s", &begin, &end, permissions);
    if (begin <= at && at < end) return permissions;
  }
  return "";
}

std::unique_ptr<CodeMemory> make() {
  auto made = CodeMemory::create(kSize);
  EXPECT_TRUE(made) << "this system forbids executable memory";
  return std::move(*made);
}

TEST(CodeMemory, NoViewIsWritableAndExecutable) {
  auto memory = make();
  for (size_t offset : {size_t{0}, kSize - 1}) {
    EXPECT_EQ(permissions_at(memory->writable() + offset), "rw-s");
    EXPECT_EQ(permissions_at(memory->executable() + offset), "r-xs");
  }
}

TEST(CodeMemory, WhatIsWrittenIsExecuted) {
  auto memory = make();
  constexpr uint8_t kReturns42[] = {0xb8, 42, 0, 0, 0, 0xc3};  // mov eax, 42; ret
  std::memcpy(memory->writable() + 64, kReturns42, sizeof kReturns42);
  auto function = reinterpret_cast<int (*)()>(reinterpret_cast<uintptr_t>(memory->executable() + 64));
  EXPECT_EQ(function(), 42);
  memory->writable()[65] = 43;
  EXPECT_EQ(function(), 43);
}

TEST(CodeMemory, AForkDoesNotHaveIt) {
  auto memory = make();
  pid_t child = fork();
  if (child == 0) {
    bool gone = permissions_at(memory->writable()).empty() && permissions_at(memory->executable()).empty();
    _exit(gone ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(permissions_at(memory->executable()), "r-xs");
}

TEST(CodeMemory, ItIsGivenBack) {
  auto memory = make();
  const void* executable = memory->executable();
  memory.reset();
  EXPECT_EQ(permissions_at(executable), "");
}

// In the child the old memory's place is free, and new memory may be put just there: giving up the old one must not
// take the new one away.
TEST(CodeMemory, AForkCanReplaceIt) {
  auto memory = make();
  pid_t child = fork();
  if (child == 0) {
    auto fresh = CodeMemory::create(kSize);
    if (!fresh) _exit(2);
    memory = std::move(*fresh);
    bool there = permissions_at(memory->writable()) == "rw-s" && permissions_at(memory->executable()) == "r-xs";
    _exit(there ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace recount
