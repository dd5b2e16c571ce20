#include "network/network_config.h"

#include <gtest/gtest.h>

namespace recount {
namespace {

using Link = NetworkConfig::Link;

TEST(NetworkConfig, ReadsWhatQemuUsersWrite) {
  EXPECT_EQ(parse_network("none")->link, Link::kNone);
  auto user = parse_network("user,hostfwd=tcp::2222-:22,hostfwd=udp:127.0.0.1:53-10.0.2.20:5353");
  ASSERT_TRUE(user.has_value());
  EXPECT_EQ(user->link, Link::kUser);
  ASSERT_EQ(user->forwards.size(), 2u);
  EXPECT_EQ(user->forwards[0], (PortForward{false, 0, 2222, 0, 22}));
  EXPECT_EQ(user->forwards[1], (PortForward{true, 0x7f000001, 53, 0x0a000214, 5353}));
  auto tap = parse_network("tap=tap0,mac=52:54:00:00:00:02");
  ASSERT_TRUE(tap.has_value());
  EXPECT_EQ(tap->tap, "tap0");
  EXPECT_EQ(text_of(tap->mac), "52:54:00:00:00:02");
}

TEST(NetworkConfig, KeepsItsText) { EXPECT_EQ(parse_network("user,mac=52:54:00:00:00:02")->text, "user,mac=52:54:00:00:00:02"); }

TEST(NetworkConfig, WhatIsWrongIsBadUsage) {
  for (const char* text :
       {"", "bridge", "none,mac=52:54:00:12:34:56", "tap=", "tap=0123456789abcdef", "tap=t,hostfwd=tcp::1-:1", "user,hostfwd=tcp::2222",
        "user,hostfwd=icmp::1-:1", "user,hostfwd=tcp::0-:22", "user,hostfwd=tcp::65536-:22", "user,hostfwd=tcp:1.2.3:1-:1",
        "user,hostfwd=tcp:1.2.3.256:1-:1", "user,hostfwd=tcp:1.2.3.4.5:1-:1", "user,hostfwd=tcp::1-:1x", "user,mac=1", "user,id=net0"}) {
    auto config = parse_network(text);
    ASSERT_FALSE(config.has_value()) << text;
    EXPECT_EQ(config.error().kind, ErrorKind::kUsage);
  }
}

TEST(NetworkConfig, AddressesReadAsTheyAreWritten) { EXPECT_EQ(address_text(0x0a00020f), "10.0.2.15"); }

}  // namespace
}  // namespace recount
