#include "debug/text.h"

#include <gtest/gtest.h>

namespace recount {
namespace {

TEST(Text, TheLastLinesAreAsManyAsAskedFor) {
  EXPECT_EQ(last_lines("one\ntwo\nthree\n", 2), "two\nthree\n");
  EXPECT_EQ(last_lines("one\ntwo\nthr", 2), "two\nthr");
  EXPECT_EQ(last_lines("one\n\n\n", 2), "\n\n");
  EXPECT_EQ(last_lines("one\ntwo\n", 9), "one\ntwo\n");
  EXPECT_EQ(last_lines("one\n", 0), "");
  EXPECT_EQ(last_lines("\n", 1), "\n");
  EXPECT_EQ(last_lines("", 1), "");
}

TEST(Text, WhatTheGuestSaysCommandsNoTerminal) {
  EXPECT_EQ(for_terminal("a\x1b[2J\rb\tc\n\x7f"), "a?[2J?b\tc\n?");
  EXPECT_EQ(for_terminal("\xc2\x9b" "2J caf\xc3\xa9 \xc2\xa0 \xff \xc3"), "?2J caf\xc3\xa9 \xc2\xa0 \xef\xbf\xbd \xef\xbf\xbd");
  EXPECT_EQ(for_terminal_line("a\x1b[2J\rb\tc\n\x7f"), "a?[2J?b?c??");
}

}  // namespace
}  // namespace recount
