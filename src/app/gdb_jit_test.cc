#include "app/gdb_jit.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "host/file.h"

namespace recount {
namespace {

std::string output_of(const std::string& command) {
  std::string text;
  std::FILE* pipe = popen(command.c_str(), "r");
  for (int c; (c = std::fgetc(pipe)) != EOF;) text += static_cast<char>(c);
  pclose(pipe);
  return text;
}

TEST(GdbJit, TheSymbolFileIsElf) {
  if (std::system("readelf --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "readelf is not there (package binutils)";
  std::string path = testing::TempDir() + "gdb_jit_test.elf";
  ASSERT_TRUE(replace_file(path, symbol_file("jit_80001000", 0x7f0000001000, 144)));
  std::string symbols = output_of("readelf -W -s -S " + path + " 2>&1");
  EXPECT_NE(symbols.find("00007f0000001000   144 FUNC    GLOBAL DEFAULT    1 jit_80001000"), std::string::npos) << symbols;
  EXPECT_NE(symbols.find(".text             NOBITS          00007f0000001000"), std::string::npos) << symbols;
  EXPECT_EQ(symbols.find("arning"), std::string::npos) << symbols;
  EXPECT_TRUE(remove_file(path));
}

size_t listed() {
  size_t count = 0;
  for (auto* e = __jit_debug_descriptor.first_entry; e != nullptr; e = e->next_entry) ++count;
  return count;
}

TEST(GdbJit, TheListHasWhatIsThere) {
  {
    GdbJit jit;
    jit.translated(0x80001000, reinterpret_cast<const void*>(0x7f0000001000), 16);
    jit.translated(0x80002000, reinterpret_cast<const void*>(0x7f0000001010), 16);
    EXPECT_EQ(listed(), 2u);
    EXPECT_EQ(__jit_debug_descriptor.action_flag, 1u);
    EXPECT_EQ(__jit_debug_descriptor.relevant_entry, __jit_debug_descriptor.first_entry);
    jit.forgotten();
    EXPECT_EQ(listed(), 0u);
    jit.translated(0x80003000, reinterpret_cast<const void*>(0x7f0000001000), 16);
    EXPECT_EQ(listed(), 1u);
  }
  EXPECT_EQ(listed(), 0u);
}

}  // namespace
}  // namespace recount
