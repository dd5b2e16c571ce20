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

}  // namespace
}  // namespace recount
