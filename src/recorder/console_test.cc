// The console's way through the recorder: what is kept of it, and what of the input leaves.

#include <gtest/gtest.h>

#include "recorder/console_history.h"
#include "recorder/escape_filter.h"

namespace recount {
namespace {

size_t bytes_in(const ConsoleHistory& history) {
  size_t sum = 0;
  for (const auto& piece : history.pieces()) sum += piece.bytes.size();
  return sum;
}

TEST(ConsoleHistory, OutputOfOneMomentIsOnePiece) {
  ConsoleHistory history;
  history.add(100, view_of("a"));
  history.add(10'100, view_of("b"));
  history.add(10'101, view_of("c"));
  ASSERT_EQ(history.pieces().size(), 2u);
  EXPECT_EQ(history.pieces()[0].ticks, 100u);
  EXPECT_EQ(history.pieces()[0].bytes, (Bytes{'a', 'b'}));
  EXPECT_EQ(history.pieces()[1].ticks, 10'101u);
}

TEST(ConsoleHistory, TheOldestGoesWhenThereIsTooMuch) {
  ConsoleHistory history;
  Bytes block(10'000, 'x');
  for (uint64_t i = 0; i < 1000; ++i) history.add(i * 20'000, block);
  EXPECT_LE(bytes_in(history), 1u << 20);
  EXPECT_GT(bytes_in(history), (1u << 20) - 20'000);
  EXPECT_EQ(history.pieces().back().ticks, 999u * 20'000);
}

TEST(ConsoleHistory, ManySmallPiecesAreBoundedToo) {
  ConsoleHistory history;
  for (uint64_t i = 0; i < 200'000; ++i) history.add(i * 20'000, view_of("x"));
  EXPECT_LE(history.pieces().size(), 20'000u);
  EXPECT_GT(history.pieces().size(), 1000u);
}

TEST(ConsoleHistory, MoreThanAllAtOnceLeavesNothingBehindButWorks) {
  ConsoleHistory history;
  history.add(1, Bytes(3 << 20, 'x'));
  EXPECT_LE(bytes_in(history), 1u << 20);
  history.add(2, view_of("y"));
  EXPECT_EQ(history.pieces().back().bytes, Bytes{'y'});
}

std::string through(EscapeFilter& filter, std::string_view typed, bool& leave) {
  Bytes passed = filter.filter(view_of(typed), leave);
  return {passed.begin(), passed.end()};
}

TEST(EscapeFilter, OnlyControlAAndXLeave) {
  const std::tuple<const char*, const char*, bool> cases[] = {
      {"hello x\x03", "hello x\x03", false}, {"\x01x", "", true},      {"\x01\x01", "\x01", false},
      {"\x01\x01x", "\x01x", false},         {"a\x01yb", "ab", false}, {"\x01", "", false},
      {"\x01\x01\x01x", "\x01", true},       {"a\x01xb", "ab", true},
  };
  for (const auto& [typed, passed, leaves] : cases) {
    EscapeFilter filter;
    bool leave = false;
    EXPECT_EQ(through(filter, typed, leave), passed);
    EXPECT_EQ(leave, leaves) << typed;
  }
}

TEST(EscapeFilter, TheTwoKeysMayComeApart) {
  EscapeFilter filter;
  bool leave = false;
  EXPECT_EQ(through(filter, "a\x01", leave), "a");
  EXPECT_FALSE(leave);
  EXPECT_EQ(through(filter, "xb", leave), "b");
  EXPECT_TRUE(leave);
}

}  // namespace
}  // namespace recount
