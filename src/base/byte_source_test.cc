#include "base/byte_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace recount {
namespace {

TEST(SourceWindow, AnyCutsGiveTheSameBytes) {
  const uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  Bytes all(1 << 20);
  for (uint8_t& b : all) b = static_cast<uint8_t>(random());
  for (int round = 0; round < 20; ++round) {
    // A source that gives as little as it likes.
    SourceWindow window([whole = source_of(all), &random](std::span<uint8_t> out) mutable {
      return whole(out.first(std::min<size_t>(out.size(), 1 + random() % 100'000)));
    });
    Bytes back;
    while (back.size() < all.size()) {
      const size_t size = 1 + random() % (1 << (1 + random() % 18));
      auto seen = window.peek(size);
      ASSERT_TRUE(seen);
      ASSERT_EQ(seen->size(), std::min(size, all.size() - back.size()));
      const size_t taken = random() % (seen->size() + 1);
      back.insert(back.end(), seen->begin(), seen->begin() + static_cast<std::ptrdiff_t>(taken));
      window.skip(taken);
    }
    ASSERT_EQ(back, all);
    EXPECT_TRUE(window.peek(1)->empty());
  }
}

TEST(SourceWindow, AnErrorIsGivenEachTimeItIsMet) {
  int calls = 0;
  SourceWindow window([&calls](std::span<uint8_t> out) -> Result<size_t> {
    if (++calls == 2) return fail(ErrorKind::kDamaged, "altered");
    out[0] = 7;
    return 1;
  });
  EXPECT_EQ(window.peek(2).error().message, "altered");
  EXPECT_EQ((*window.peek(1))[0], 7);
}

}  // namespace
}  // namespace recount
