#include "disk/disk_stack.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "host/give_up.h"

namespace recount {
namespace {

// The completion said that this would work, and a replay will do it again: no guest can be told otherwise now, and none
// may go on with other bytes. The file or medium under it failed in between, or the replay's own has no room.
void must(const Result<void>& result) {
  if (result) return;
  Error error = result.error();
  error.message += "; the guest counts on it already and cannot go on";
  give_up(error);
}

}  // namespace

DiskStack::DiskStack(RandomFile base, uint64_t disk_bytes, DiskAccess access)
    : base_(std::move(base)), disk_bytes_(disk_bytes), access_(access) {
  CHECK(disk_bytes != 0 && disk_bytes % kSectorSize == 0 && disk_bytes <= kMostDiskBytes);
}

void DiskStack::set_starter(BlockStarter* starter, uint8_t disk) {
  starter_ = starter;
  disk_ = disk;
}

void DiskStack::push(std::unique_ptr<Layer> layer) {
  CHECK(layer->disk_bytes() == disk_bytes_);
  if (!layers_.empty()) layers_.back()->freeze();
  layers_.push_back(std::move(layer));
}

Layer& DiskStack::top() const {
  CHECK(!layers_.empty());
  return *layers_.back();
}

void DiskStack::check_range(uint64_t sector, uint64_t bytes) const {
  CHECK(bytes % kSectorSize == 0 && sector <= sector_count() &&
        bytes / kSectorSize <= sector_count() - sector);
}

void DiskStack::start(const BlockRequest& request) {
  if (starter_ != nullptr) starter_->submit(disk_, request);
}

void DiskStack::read(uint64_t sector, std::span<uint8_t> out) { must(try_read(sector, out)); }

void DiskStack::write(uint64_t sector, ByteView bytes) {
  check_range(sector, bytes.size());
  must(write_bytes(sector * kSectorSize, bytes));
}

void DiskStack::write_zeroes(uint64_t sector, uint64_t sector_count) {
  CHECK(sector_count <= this->sector_count());
  check_range(sector, sector_count * kSectorSize);
  static constexpr std::array<uint8_t, kClusterBytes> kZeros{};
  uint64_t at = sector * kSectorSize;
  const uint64_t end = at + sector_count * kSectorSize;
  while (at < end) {
    const uint64_t cluster = at / kClusterBytes;
    // The disk's last cluster may be cut: it is whole when the rest of the disk is asked for.
    const uint64_t whole = end == disk_bytes_ ? clusters() : end / kClusterBytes;
    if (at % kClusterBytes == 0 && cluster < whole) {
      top().write_zeroes(cluster, whole - cluster);
      at = whole * kClusterBytes;
    } else {
      const uint64_t part = std::min(end - at, kClusterBytes - at % kClusterBytes);
      must(write_part(at, ByteView(kZeros).first(part)));
      at += part;
    }
  }
}

DiskStack::Place DiskStack::find(uint64_t cluster) const {
  for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
    ClusterState state = (*layer)->state(cluster);
    if (state != ClusterState::kAbsent) return {layer->get(), state};
  }
  return {};
}

Result<void> DiskStack::try_read(uint64_t sector, std::span<uint8_t> out) const {
  check_range(sector, out.size());
  return read_bytes(sector * kSectorSize, out);
}

// Neighbours in the same place are read at once.
Result<void> DiskStack::read_bytes(uint64_t offset, std::span<uint8_t> out) const {
  while (!out.empty()) {
    const Place place = find(offset / kClusterBytes);
    uint64_t size = std::min<uint64_t>(out.size(), kClusterBytes - offset % kClusterBytes);
    while (size < out.size() && find((offset + size) / kClusterBytes) == place) {
      size = std::min<uint64_t>(out.size(), size + kClusterBytes);
    }
    auto piece = out.first(size);
    if (place.state == ClusterState::kZero) {
      std::ranges::fill(piece, uint8_t{0});
    } else {
      TRY(place.layer != nullptr ? place.layer->read(offset, piece) : base_.read(offset, piece));
    }
    offset += size;
    out = out.subspan(size);
  }
  return {};
}

Result<void> DiskStack::write_bytes(uint64_t offset, ByteView bytes) {
  while (!bytes.empty()) {
    const uint64_t whole = bytes.size() / kClusterBytes * kClusterBytes;
    if (offset % kClusterBytes == 0 && whole != 0) {
      TRY(top().write(offset / kClusterBytes, bytes.first(whole)));
      offset += whole;
      bytes = bytes.subspan(whole);
    } else {
      const uint64_t part = std::min<uint64_t>(bytes.size(), kClusterBytes - offset % kClusterBytes);
      TRY(write_part(offset, bytes.first(part)));
      offset += part;
      bytes = bytes.subspan(part);
    }
  }
  return {};
}

// Within one cluster. What is not written comes up from below first.
Result<void> DiskStack::write_part(uint64_t offset, ByteView bytes) {
  const uint64_t cluster = offset / kClusterBytes;
  if (top().state(cluster) == ClusterState::kData) return top().overwrite(offset, bytes);
  std::array<uint8_t, kClusterBytes> whole;
  TRY(read_clusters(cluster, whole));
  std::ranges::copy(bytes, whole.begin() + static_cast<std::ptrdiff_t>(offset % kClusterBytes));
  return top().write(cluster, whole);
}

Result<void> DiskStack::reserve(uint64_t sector, uint64_t sector_count, BlockOp op) const {
  CHECK(sector_count <= this->sector_count());
  check_range(sector, sector_count * kSectorSize);
  if (sector_count == 0) return {};
  const uint64_t begin = sector * kSectorSize;
  const uint64_t end = begin + sector_count * kSectorSize;
  const uint64_t first = begin / kClusterBytes;
  const uint64_t last = (end - 1) / kClusterBytes;
  if (op != BlockOp::kWrite) {  // whole clusters of zeros need none
    if (begin % kClusterBytes != 0) TRY(top().reserve(first, 1));
    if (end % kClusterBytes != 0 && end != disk_bytes_) TRY(top().reserve(last, 1));
    return {};
  }
  return top().reserve(first, last - first + 1);
}

Result<void> DiskStack::flush() {
  for (auto& layer : layers_) TRY(layer->flush());
  return {};
}

uint64_t DiskStack::next_written(uint64_t cluster) const {
  uint64_t next = clusters();
  for (const auto& layer : layers_) next = std::min(next, layer->next(cluster));
  return next;
}

Result<void> DiskStack::read_clusters(uint64_t cluster, std::span<uint8_t> out) const {
  CHECK(out.size() % kClusterBytes == 0 && cluster <= clusters() &&
        out.size() / kClusterBytes <= clusters() - cluster);
  const uint64_t offset = cluster * kClusterBytes;
  const uint64_t inside = std::min<uint64_t>(out.size(), disk_bytes_ - offset);
  std::ranges::fill(out.subspan(inside), uint8_t{0});
  return read_bytes(offset, out.first(inside));
}

}  // namespace recount
