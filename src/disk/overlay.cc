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

// What the stream is made of, one piece after the other: the header, then up to kMostClustersInARun clusters
// that follow each other.
class Exporter {
 public:
  explicit Exporter(const DiskStack& disk) : disk_(disk) {
    ByteWriter w(piece_);
    w.raw(view_of(kMagic));
    w.fixed(kVersion);
    w.fixed(static_cast<uint32_t>(kClusterBytes));
    w.fixed(disk.disk_bytes());
    w.fixed(count_written(disk));
  }

  Result<size_t> operator()(std::span<uint8_t> out) {
    if (given_ == piece_.size()) TRY(next_piece());
    const size_t size = std::min(out.size(), piece_.size() - given_);
    std::copy_n(piece_.begin() + static_cast<std::ptrdiff_t>(given_), size, out.begin());
    given_ += size;
    return size;
  }

 private:
  // An empty one is the end.
  Result<void> next_piece() {
    piece_.clear();
    given_ = 0;
    const uint64_t at = disk_.next_written(end_);
    if (at == disk_.clusters()) return {};
    uint64_t count = 1;
    while (count < kMostClustersInARun && at + count < disk_.clusters() && disk_.is_written(at + count))
      ++count;
    clusters_.resize(count * kClusterBytes);
    TRY(disk_.read_clusters(at, clusters_));
    ByteWriter w(piece_);
    append_runs(w, at - end_, clusters_);
    end_ = at + count;
    return {};
  }

  const DiskStack& disk_;
  uint64_t end_ = 0;  // of the last run
  Bytes clusters_, piece_;
  size_t given_ = 0;  // of the piece
};

// Reads a run's two numbers, if they are ones that can be there.
struct Run {
  uint64_t skipped = 0, clusters = 0;
  bool zero = false;
};
Result<Run> read_run(SourceWindow& in, uint64_t at, uint64_t of_clusters) {
  constexpr size_t kMostBytes = 20;  // two varints
  ByteReader r(TRY(in.peek(kMostBytes)));
  const size_t size = r.remaining();
  const uint64_t skipped = r.varint();
  const uint64_t run = r.varint();
  const uint64_t clusters = run >> 1;
  if (!r.ok() || skipped > of_clusters - at || clusters == 0 || clusters > kMostClustersInARun ||
      clusters > of_clusters - at - skipped) {
    return damaged("a run does not fit after cluster " + std::to_string(at));
  }
  in.skip(size - r.remaining());
  return Run{skipped, clusters, (run & 1) != 0};
}

struct Header {
  uint64_t disk_bytes = 0, clusters = 0;
};
Result<Header> read_header(SourceWindow& in) {
  constexpr size_t kBytes = 32;
  ByteReader r(TRY(in.peek(kBytes)));
  const size_t size = r.remaining();
  if (!std::ranges::equal(r.raw(kMagic.size()), view_of(kMagic))) return damaged("its first bytes are wrong");
  const auto version = r.fixed<uint32_t>();
  if (r.ok() && version != kVersion) {
    return fail(ErrorKind::kDamaged,
                "disk overlay: has version " + std::to_string(version) + ": use a newer Recount");
  }
  const auto cluster_bytes = r.fixed<uint32_t>();
  Header header;
  header.disk_bytes = r.fixed<uint64_t>();
  header.clusters = r.fixed<uint64_t>();
  if (!r.ok() || cluster_bytes != kClusterBytes) return damaged("its header makes no sense");
  in.skip(size);
  return header;
}

}  // namespace

ByteSource export_overlay(const DiskStack& disk) { return Exporter(disk); }

Result<std::unique_ptr<Layer>> import_overlay(ByteSource overlay, uint64_t disk_bytes,
                                              const std::string& folder) {
  SourceWindow in(std::move(overlay));
  const Header header = TRY(read_header(in));
  if (header.disk_bytes != disk_bytes) {
    return damaged("it is of a disk of " + std::to_string(header.disk_bytes) + " bytes, this one has " +
                   std::to_string(disk_bytes));
  }
  auto layer = TRY(Layer::create_temporary(folder, disk_bytes));
  uint64_t at = 0, seen = 0;
  while (!TRY(in.peek(1)).empty()) {
    const Run run = TRY(read_run(in, at, layer->clusters()));
    at += run.skipped;
    if (run.zero) {
      layer->write_zeroes(at, run.clusters);
    } else {
      ByteView data = TRY(in.peek(run.clusters * kClusterBytes));
      if (data.size() != run.clusters * kClusterBytes) {
        return damaged("it ends in the middle of cluster " + std::to_string(at));
      }
      TRY(layer->write(at, data));
      in.skip(data.size());
    }
    at += run.clusters;
    seen += run.clusters;
  }
  if (seen != header.clusters) {
    return damaged("it has " + std::to_string(seen) + " clusters, not " + std::to_string(header.clusters));
  }
  return layer;
}

}  // namespace recount
