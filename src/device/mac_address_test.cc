#include "device/mac_address.h"

#include <gtest/gtest.h>

namespace recount {
namespace {

TEST(MacAddress, ReadsWhatItWrites) {
  constexpr MacAddress kMac{0x52, 0x54, 0x00, 0xab, 0xcd, 0xef};
  EXPECT_EQ(text_of(kMac), "52:54:00:ab:cd:ef");
  EXPECT_EQ(parse_mac("52:54:00:AB:cd:ef"), kMac);
}

TEST(MacAddress, WhatIsNoneIsRefused) {
  for (const char* text : {"", "52:54:00:12:34", "52:54:00:12:34:5", "52:54:00:12:34:5g", "52-54-00-12-34-56", "52:54:00:12:34:56:",
                           "52:54:00:12:34:567", "-1:54:00:12:34:56", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01"}) {
    EXPECT_EQ(parse_mac(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace recount
