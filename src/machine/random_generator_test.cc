#include "machine/random_generator.h"

#include <gtest/gtest.h>

#include "state/archive.h"

namespace recount {
namespace {

Bytes take(RandomGenerator& generator, size_t size) {
  Bytes bytes(size, 0xaa);
  generator.entropy(bytes);
  return bytes;
}

TEST(RandomGenerator, IsChaCha20UnderTheSeed) {
  // Of an all-zero key and nonce: RFC 7539, "Test Vectors for the ChaCha20 Block Function", vector 1.
  RandomGenerator generator;
  EXPECT_EQ(take(generator, 8), (Bytes{0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90}));
  EXPECT_EQ(take(generator, 4), (Bytes{0x9f, 0x07, 0xe7, 0xbe}));  // the second block
}

TEST(RandomGenerator, SeedsDecideTheBytes) {
  RandomGenerator a, b;
  a.seed({1});
  b.seed({2});
  EXPECT_NE(take(a, 32), take(b, 32));
  take(a, 100);
  a.seed({2});
  b.seed({2});
  EXPECT_EQ(take(a, 1000), take(b, 1000));
}

TEST(RandomGenerator, NeverGivesTheSameBytesAgain) {
  RandomGenerator generator;
  Bytes first = take(generator, 65), second = take(generator, 64), third = take(generator, 1);
  first.resize(64);
  EXPECT_NE(first, second);
  EXPECT_NE(first[0], 0xaa);
  EXPECT_NE(second[0], third[0]);
}

TEST(RandomGenerator, GoesOnAfterARestore) {
  RandomGenerator a, b;
  a.seed({7});
  take(a, 130);
  SaveArchive saved;
  a.state(saved);
  auto load = LoadArchive::parse(saved.finish());
  ASSERT_TRUE(load);
  b.state(**load);
  ASSERT_TRUE((*load)->status());
  EXPECT_EQ(take(a, 50), take(b, 50));
}

}  // namespace
}  // namespace recount
