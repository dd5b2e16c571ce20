#include "disk/layer_format.h"

#include <algorithm>

#include "base/digest.h"

namespace recount {
namespace {

constexpr std::string_view kMagic = "RECLAYER";

}  // namespace

Bytes LayerHeader::encode() const {
  Bytes bytes;
  ByteWriter w(bytes);
  w.raw(view_of(kMagic));
  w.fixed(kLayerVersion);
  w.fixed(static_cast<uint32_t>(kClusterBytes));
  w.fixed(disk_bytes);
  w.fixed(base_mtime_ns);
  w.raw(boot);
  Digest128 check = fast_digest(bytes);
  w.fixed(check.low);
  w.fixed(check.high);
  return bytes;
}

Result<LayerHeader> LayerHeader::decode(ByteView bytes) {
  ByteReader r(bytes);
  if (!std::ranges::equal(r.raw(kMagic.size()), view_of(kMagic))) {
    return fail(ErrorKind::kDamaged, "is no layer: its first bytes are wrong");
  }
  auto version = r.fixed<uint32_t>();
  if (r.ok() && version != kLayerVersion) {
    return fail(ErrorKind::kDamaged,
                "is a layer of version " + std::to_string(version) + ": use the Recount that wrote it");
  }
  auto cluster_bytes = r.fixed<uint32_t>();
  LayerHeader header;
  header.disk_bytes = r.fixed<uint64_t>();
  header.base_mtime_ns = r.fixed<uint64_t>();
  ByteView boot = r.raw(header.boot.size());
  std::ranges::copy(boot, header.boot.begin());
  Digest128 expected;
  if (r.ok()) expected = fast_digest(bytes.first(bytes.size() - r.remaining()));
  Digest128 check;
  check.low = r.fixed<uint64_t>();
  check.high = r.fixed<uint64_t>();
  if (!r.ok() || check != expected) return fail(ErrorKind::kDamaged, "is damaged: its header does not check");
  if (cluster_bytes != kClusterBytes || header.disk_bytes == 0 || header.disk_bytes % 512 != 0 ||
      header.disk_bytes > kMostDiskBytes) {
    return fail(ErrorKind::kDamaged, "is damaged: its header makes no sense");
  }
  return header;
}

}  // namespace recount
