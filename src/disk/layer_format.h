#pragma once
// The layout of a layer file (docs/formats/overlay.md, "Layer"): constants, the header, and where things are.
//   header 4 KiB │ live map │ durable map │ data, one 4 KiB cluster after the other (sparse)

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "host/boot_id.h"

namespace recount {

inline constexpr uint64_t kClusterBytes = 4096;
inline constexpr uint32_t kLayerVersion = 1;
inline constexpr uint64_t kLayerHeaderBytes = 4096;
inline constexpr uint64_t kMapPageBytes = 4096;
inline constexpr uint64_t kClustersPerWord = 32;  // two bits each
inline constexpr uint64_t kClustersPerMapPage = kMapPageBytes * 8 / 2;
inline constexpr uint64_t kMostDiskBytes = 1ull << 46;  // 64 TiB

// What a layer says of a cluster, in two bits. 3 is damage.
enum class ClusterState : uint8_t {
  kAbsent = 0,  // look below
  kData = 1,    // here, in the data area
  kZero = 2     // zeros; the data area means nothing
};

constexpr uint64_t clusters_of(uint64_t disk_bytes) {
  return (disk_bytes + kClusterBytes - 1) / kClusterBytes;
}

struct LayerHeader {
  uint64_t disk_bytes = 0;
  uint64_t base_mtime_ns = 0;  // of the base image that it belongs to; 0 for a layer without one
  BootId boot{};               // when it was opened last: whether the live map can be trusted

  Bytes encode() const;  // what the file begins with
  // kDamaged without a path: the caller adds it.
  static Result<LayerHeader> decode(ByteView bytes);
};
inline constexpr uint64_t kLayerHeaderUsedBytes = 64;

struct LayerLayout {
  explicit constexpr LayerLayout(uint64_t disk_bytes)
      : clusters(clusters_of(disk_bytes)),
        map_pages((clusters + kClustersPerMapPage - 1) / kClustersPerMapPage),
        map_bytes(map_pages * kMapPageBytes) {}
  uint64_t clusters;
  uint64_t map_pages;
  uint64_t map_bytes;
  constexpr uint64_t live_map() const { return kLayerHeaderBytes; }
  constexpr uint64_t durable_map() const { return live_map() + map_bytes; }
  constexpr uint64_t data() const { return durable_map() + map_bytes; }
  constexpr uint64_t file_bytes() const { return data() + clusters * kClusterBytes; }
};
static_assert(LayerLayout(kMostDiskBytes).file_bytes() < 1ull << 47);

}  // namespace recount
