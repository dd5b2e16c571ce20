#include <gtest/gtest.h>

#include "state/archive.h"

namespace recount {
namespace {

bool parses(const Bytes& cbor) { return LoadArchive::parse(cbor).has_value(); }

TEST(LoadArchive, ImpossibleSizesAreAnErrorAndDoNotThrow) {
  Bytes huge_array = {0x9b, 0xa2, 0, 0, 0, 0, 0, 0, 1}, huge_map = {0xbb, 0xa2, 0, 0, 0, 0, 0, 0, 1};
  EXPECT_FALSE(parses(huge_array));
  EXPECT_FALSE(parses(huge_map));
  huge_array.insert(huge_array.begin(), {0xa1, 0x61, 'x'});
  EXPECT_FALSE(parses(huge_array));
}

TEST(LoadArchive, DeepNestingIsAnErrorAndNotAStackOverflow) {
  constexpr uint8_t kArrayOfOne = 0x81;
  EXPECT_FALSE(parses(Bytes(5'000'000, kArrayOfOne)));
}

TEST(LoadArchive, CutOrNoMapAtAllIsAnError) {
  EXPECT_FALSE(parses({}));
  EXPECT_FALSE(parses({0x01}));
  EXPECT_FALSE(parses({0xa1, 0x61}));
  EXPECT_TRUE(parses({0xa1, 0x61, 'x', 0x05}));
}

}  // namespace
}  // namespace recount
