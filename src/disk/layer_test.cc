#include "disk/layer.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "disk/test_folder.h"

namespace recount {
namespace {

constexpr uint64_t kDisk = 200 * kClusterBytes + 512;
constexpr LayerLayout kLayout(kDisk);

class LayerTest : public ::testing::Test {
 protected:
  std::unique_ptr<Layer> make() {
    auto layer = Layer::create(path_, kDisk, 42);
    EXPECT_TRUE(layer.has_value()) << layer.error().message;
    return std::move(*layer);
  }
  // What open() says after the bytes at offset have been replaced.
  std::string error_after(uint64_t offset, ByteView bytes) {
    auto file = RandomFile::open(path_, FileMode::kReadWrite);
    EXPECT_TRUE(file->write(offset, bytes).has_value());
    auto layer = Layer::open(path_);
    if (layer) return "";
    EXPECT_EQ(layer.error().kind, ErrorKind::kDamaged);
    return layer.error().message;
  }
  // As it would be found after the host was booted again: the header names another boot.
  void pretend_reboot() {
    auto file = RandomFile::open(path_, FileMode::kReadWrite);
    BootId another{};
    another[3] = 1;
    const LayerHeader header{.disk_bytes = kDisk, .base_mtime_ns = 42, .boot = another};
    EXPECT_TRUE(file->write(0, header.encode()).has_value());
  }

  TestFolder folder_;
  std::string path_ = folder_ / "000001.layer";
};

TEST_F(LayerTest, OpensAsItWasLeftWithoutAFlush) {
  Bytes two = random_bytes(2 * kClusterBytes, 1);
  {
    auto layer = make();
    ASSERT_TRUE(layer->write(31, two));  // across a word of the map
    layer->write_zeroes(100, 101);
  }
  auto layer = *Layer::open(path_);
  EXPECT_EQ(layer->disk_bytes(), kDisk);
  EXPECT_EQ(layer->base_mtime_ns(), 42u);
  EXPECT_EQ(layer->count(), 103u);
  EXPECT_EQ(layer->next(0), 31u);
  EXPECT_EQ(layer->next(33), 100u);
  EXPECT_EQ(layer->state(32), ClusterState::kData);
  EXPECT_EQ(layer->state(200), ClusterState::kZero);
  EXPECT_FALSE(layer->has(99));
  Bytes out(two.size());
  ASSERT_TRUE(layer->read(31 * kClusterBytes, out));
  EXPECT_EQ(out, two);
}

TEST_F(LayerTest, AfterARebootWhatWasFlushedIsThereAndTheRestIsAbsent) {
  Bytes cluster = random_bytes(kClusterBytes, 1);
  {
    auto layer = make();
    ASSERT_TRUE(layer->write(3, cluster));
    layer->write_zeroes(5, 1);
    ASSERT_TRUE(layer->flush());
    ASSERT_TRUE(layer->write(4, cluster));
    layer->write_zeroes(6, 1);
  }
  pretend_reboot();
  for (int opened = 0; opened < 2; ++opened) {
    auto layer = *Layer::open(path_);
    EXPECT_EQ(layer->state(3), ClusterState::kData);
    EXPECT_EQ(layer->state(5), ClusterState::kZero);
    EXPECT_EQ(layer->count(), 2u);
  }
}

TEST_F(LayerTest, AFlushAfterReopeningFlushesWhatTheKilledProcessDidNot) {
  {
    auto layer = make();
    ASSERT_TRUE(layer->write(4, Bytes(kClusterBytes, 7)));
  }
  ASSERT_TRUE((*Layer::open(path_))->flush());
  pretend_reboot();
  EXPECT_TRUE((*Layer::open(path_))->has(4));
}

TEST_F(LayerTest, AnyDamagedHeaderByteIsRefused) {
  make();
  auto file = RandomFile::open(path_, FileMode::kReadWrite);
  Bytes header(kLayerHeaderUsedBytes);
  ASSERT_TRUE(file->read(0, header));
  for (size_t at = 0; at < LayerHeader{}.encode().size(); ++at) {
    Bytes damaged = header;
    damaged[at] ^= 0x10;
    EXPECT_FALSE(error_after(0, damaged).empty()) << "byte " << at;
  }
  EXPECT_EQ(error_after(0, header), "");
}

TEST_F(LayerTest, ImpossibleMapsAreRefused) {
  make();
  EXPECT_NE(error_after(kLayout.live_map() + 1, Bytes{3}), "");                    // no such state
  EXPECT_NE(error_after(kLayout.live_map() + 1, Bytes{0}), "map makes no sense");  // mended
  EXPECT_EQ(error_after(kLayout.live_map() + 1, Bytes{0}), "");
  EXPECT_NE(error_after(kLayout.live_map() + 201 / 4, Bytes{1 << 2}), "");  // cluster 201 of 0 to 200
  EXPECT_NE(error_after(kLayout.live_map() + kLayout.map_bytes - 1, Bytes{1}), "");
}

TEST_F(LayerTest, AFileOfTheWrongSizeIsRefused) {
  make();
  const uint64_t whole = kLayout.file_bytes();
  for (uint64_t size : {uint64_t{0}, uint64_t{10}, uint64_t{4096}, whole - 1, whole + 1}) {
    auto file = RandomFile::open(path_, FileMode::kReadWrite);
    ASSERT_TRUE(file->resize(size));
    auto layer = Layer::open(path_);
    ASSERT_FALSE(layer) << size;
    EXPECT_EQ(layer.error().kind, ErrorKind::kDamaged);
    make();
  }
}

}  // namespace
}  // namespace recount
