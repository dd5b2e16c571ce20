#include "host/channel.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace recount {
namespace {

TEST(Channel, LastMessagesArriveThoughThePeerLeftOursUnread) {
  auto pair = Channel::pair();
  ASSERT_TRUE(pair);
  auto& [ours, theirs] = *pair;
  ASSERT_TRUE(ours.send(view_of("nobody reads this")));
  ASSERT_TRUE(theirs.send(view_of("why I leave")));
  ASSERT_TRUE(theirs.send(view_of("farewell")));
  theirs = Channel();
  for (const char* expected : {"why I leave", "farewell"}) {
    auto message = ours.receive();
    ASSERT_TRUE(message) << expected;
    EXPECT_TRUE(std::ranges::equal(message->bytes, view_of(expected)));
  }
  EXPECT_FALSE(ours.receive());
  EXPECT_TRUE(ours.closed());
}

TEST(Channel, LastMessagesArriveThoughNothingCanBeSentAnyMore) {
  auto pair = Channel::pair();
  ASSERT_TRUE(pair);
  auto& [ours, theirs] = *pair;
  ASSERT_TRUE(theirs.send(view_of("farewell")));
  theirs = Channel();
  EXPECT_FALSE(ours.send(view_of("too late")));
  auto message = ours.receive();
  ASSERT_TRUE(message);
  EXPECT_TRUE(std::ranges::equal(message->bytes, view_of("farewell")));
}

TEST(Channel, SendNowNeverWaitsAndLosesNothing) {
  auto pair = Channel::pair();
  ASSERT_TRUE(pair);
  auto& [ours, theirs] = *pair;
  Bytes message(10'000, 1);
  unsigned sent = 0;
  while (ours.send_now(message)) ++sent;
  EXPECT_GT(sent, 0u);
  EXPECT_FALSE(ours.closed());
  for (; sent > 0; --sent) EXPECT_EQ(theirs.receive()->bytes, message);
  EXPECT_FALSE(theirs.receive());
  EXPECT_TRUE(ours.send_now(message));
}

}  // namespace
}  // namespace recount
