// Hostile overlays and layer files. The first byte says which; a layer comes without its data area: header,
// live map, durable map, and how many bytes the file lacks or has too many.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "disk/layer.h"
#include "disk/overlay.h"
#include "host/folders.h"

namespace {

using namespace recount;

constexpr uint64_t kDisk = 70 * kClusterBytes + 512;
constexpr LayerLayout kLayout(kDisk);
constexpr size_t kMapUsed = 24;

// One file for all runs: making one takes longer than everything else.
const RandomFile& file_with(uint64_t size) {
  static auto file = RandomFile::temporary(temporary_folder());
  CHECK(file.has_value() && file->resize(0).has_value() && file->resize(size).has_value());
  return *file;
}

void use(const Layer& layer) {
  CHECK(layer.count() <= layer.clusters());
  Bytes cluster(kClusterBytes);
  for (uint64_t at = layer.next(0); at < layer.clusters(); at = layer.next(at + 1)) {
    CHECK(layer.has(at));
    if (layer.state(at) == ClusterState::kData) CHECK(layer.read(at * kClusterBytes, cluster).has_value());
  }
}

void open_layer(ByteView in) {
  ByteReader r(in);
  const auto size_change = r.fixed<uint8_t>();
  const RandomFile& file = file_with(kLayout.file_bytes() + size_change);
  auto put = [&](uint64_t offset, size_t size) {
    CHECK(file.write(offset, r.raw(std::min(size, r.remaining()))).has_value());
  };
  put(0, kLayerHeaderUsedBytes);
  put(kLayout.live_map(), kMapUsed);
  put(kLayout.durable_map(), kMapUsed);
  auto copy = RandomFile::open("/proc/self/fd/" + std::to_string(file.fd()), FileMode::kReadWrite);
  CHECK(copy.has_value());
  auto layer = Layer::open(std::move(*copy));
  if (layer) use(**layer);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  ByteView rest = ByteView(data, size).subspan(1);
  if (data[0] % 2 == 0) {
    auto layer = import_overlay(source_of(rest), kDisk, temporary_folder());
    if (layer) use(**layer);
  } else {
    open_layer(rest);
  }
  return 0;
}

std::vector<std::vector<uint8_t>> fuzz_seeds() {
  Bytes overlay;
  ByteWriter w(overlay);
  overlay.push_back(0);
  w.raw(view_of("RECOVRLY"));
  w.fixed(uint32_t{1});
  w.fixed(uint32_t{kClusterBytes});
  w.fixed(kDisk);
  w.fixed(uint64_t{9});
  w.varint(3);
  w.varint(8 << 1 | 1);
  w.varint(50);
  w.varint(1 << 1);
  w.raw(Bytes(kClusterBytes, 7));

  std::vector<Bytes> seeds{overlay};
  for (BootId boot : {boot_id(), BootId{1}}) {
    Bytes layer{1, 0};
    Bytes header = LayerHeader{.disk_bytes = kDisk, .base_mtime_ns = 1, .boot = boot}.encode();
    header.resize(kLayerHeaderUsedBytes);
    ByteWriter l(layer);
    l.raw(header);
    Bytes map(kMapUsed);
    map[1] = 0x59;
    l.raw(map);
    map[2] = 0x05;
    l.raw(map);
    seeds.push_back(layer);
  }
  return seeds;
}
