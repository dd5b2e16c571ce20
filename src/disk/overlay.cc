#include "disk/overlay.h"

#include <algorithm>

namespace recount {
namespace {

constexpr std::string_view kMagic = "RECOVRLY";
constexpr uint32_t kVersion = 1;
constexpr uint64_t kMostClustersInARun = 256;

bool is_zero(ByteView bytes) {
  return std::ranges::all_of(bytes, [](uint8_t b) { return b == 0; });
}

uint64_t count_written(const DiskStack& disk) {
  uint64_t count = 0;
  for (uint64_t at = disk.next_written(0); at < disk.clusters(); at = disk.next_written(at + 1)) ++count;
  return count;
}

std::unexpected<Error> damaged(const std::string& what) {
  return fail(ErrorKind::kDamaged, "disk overlay: is damaged: " + what);
}

// The clusters from first on that follow each other, cut into runs of zeros and runs of data.
void append_runs(ByteWriter& w, uint64_t skipped, ByteView clusters) {
  while (!clusters.empty()) {
    const bool zero = is_zero(clusters.first(kClusterBytes));
    uint64_t size = kClusterBytes;
    while (size < clusters.size() && is_zero(clusters.subspan(size, kClusterBytes)) == zero)
      size += kClusterBytes;
    w.varint(skipped);
    w.varint(size / kClusterBytes << 1 | (zero ? 1 : 0));
    if (!zero) w.raw(clusters.first(size));
    clusters = clusters.subspan(size);
    skipped = 0;
  }
}

}  // namespace

Result<void> export_overlay(const DiskStack& disk, const std::function<Result<void>(ByteView)>& sink) {
  Bytes piece;
  ByteWriter w(piece);
  w.raw(view_of(kMagic));
  w.fixed(kVersion);
  w.fixed(static_cast<uint32_t>(kClusterBytes));
  w.fixed(disk.disk_bytes());
  w.fixed(count_written(disk));
  Bytes clusters;
  uint64_t end = 0;  // of the last run
  for (uint64_t at = disk.next_written(0); at < disk.clusters(); at = disk.next_written(at)) {
    uint64_t count = 1;
    while (count < kMostClustersInARun && at + count < disk.clusters() && disk.is_written(at + count))
      ++count;
    clusters.resize(count * kClusterBytes);
    TRY(disk.read_clusters(at, clusters));
    append_runs(w, at - end, clusters);
    TRY(sink(piece));
    piece.clear();
    at += count;
    end = at;
  }
  if (!piece.empty()) TRY(sink(piece));
  return {};
}

Result<std::unique_ptr<Layer>> import_overlay(ByteView overlay, uint64_t disk_bytes,
                                              const std::string& folder) {
  ByteReader r(overlay);
  if (!std::ranges::equal(r.raw(kMagic.size()), view_of(kMagic))) return damaged("its first bytes are wrong");
  const auto version = r.fixed<uint32_t>();
  if (r.ok() && version != kVersion) {
    return fail(ErrorKind::kDamaged,
                "disk overlay: has version " + std::to_string(version) + ": use a newer Recount");
  }
  const auto cluster_bytes = r.fixed<uint32_t>();
  const auto of_bytes = r.fixed<uint64_t>();
  const auto count = r.fixed<uint64_t>();
  if (!r.ok() || cluster_bytes != kClusterBytes) return damaged("its header makes no sense");
  if (of_bytes != disk_bytes) {
    return damaged("it is of a disk of " + std::to_string(of_bytes) + " bytes, this one has " +
                   std::to_string(disk_bytes));
  }
  auto layer = TRY(Layer::create_temporary(folder, disk_bytes));
  uint64_t at = 0, seen = 0;
  while (r.remaining() != 0) {
    const uint64_t skipped = r.varint();
    const uint64_t run = r.varint();
    const uint64_t clusters = run >> 1;
    if (!r.ok() || skipped > layer->clusters() - at || clusters == 0 || clusters > kMostClustersInARun ||
        clusters > layer->clusters() - at - skipped) {
      return damaged("a run does not fit after cluster " + std::to_string(at));
    }
    at += skipped;
    if ((run & 1) != 0) {
      layer->write_zeroes(at, clusters);
    } else {
      ByteView data = r.raw(clusters * kClusterBytes);
      if (!r.ok()) return damaged("it ends in the middle of cluster " + std::to_string(at));
      TRY(layer->write(at, data));
    }
    at += clusters;
    seen += clusters;
  }
  if (seen != count) {
    return damaged("it has " + std::to_string(seen) + " clusters, not " + std::to_string(count));
  }
  return layer;
}

}  // namespace recount
