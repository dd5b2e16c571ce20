#include "recorder/guest_requests.h"

#include <gtest/gtest.h>

namespace recount {
namespace {

struct GuestRequestsTest : ::testing::Test {
  std::string heard;
  GuestRequests requests{[this](const GuestRequest& r) {
    heard += (r.kind == GuestRequest::Kind::kMark ? "m(" : "s(") + r.text + ")";
  }};
  std::string hear(std::string_view text, uint64_t at = 0) {
    heard.clear();
    requests.hear(view_of(text), at);
    return heard;
  }
};

TEST_F(GuestRequestsTest, LinesAreMarksAndSaves) {
  EXPECT_EQ(hear("mark boot is over\nsave it looks odd\n"), "m(boot is over)s(it looks odd)");
  EXPECT_EQ(hear("save\n"), "s(the guest asked for it)");
}

TEST_F(GuestRequestsTest, LineMayComeInPieces) {
  EXPECT_EQ(hear("ma"), "");
  EXPECT_EQ(hear("rk he"), "");
  EXPECT_EQ(hear("re\r\n"), "m(here)");
}

TEST_F(GuestRequestsTest, WhatIsNoRequestIsNothing) {
  EXPECT_EQ(hear("\nmark\nmark \nmarks x\nMARK x\n mark x\nstop\n"), "");
  EXPECT_EQ(requests.take_dropped(), 0u);
}

TEST_F(GuestRequestsTest, LongLinesAreCutAndOtherBytesReplaced) {
  EXPECT_EQ(hear("mark " + std::string(100'000, 'x') + "\nmark y\n"), "m(" + std::string(GuestRequests::kLongestLine - 5, 'x') + ")m(y)");
  EXPECT_EQ(hear(std::string_view("mark a\0\x1b\xff" "b\n", 11)), "m(a???b)");
}

TEST_F(GuestRequestsTest, TooManyAreDroppedAndCounted) {
  std::string all;
  for (int i = 0; i < 1000; ++i) all += hear("mark x\n");
  EXPECT_EQ(all.size(), GuestRequests::kMostAtOnce * 4);
  EXPECT_EQ(requests.take_dropped(), 1000 - GuestRequests::kMostAtOnce);
  EXPECT_EQ(requests.take_dropped(), 0u);
  EXPECT_EQ(hear("mark y\nmark z\n", GuestRequests::kTicksEach), "m(y)");
  EXPECT_EQ(requests.take_dropped(), 1u);
}

}  // namespace
}  // namespace recount
