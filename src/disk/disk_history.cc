#include "disk/disk_history.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "host/give_up.h"

namespace recount {
namespace {

using Cluster = std::array<uint8_t, kClusterBytes>;

// The recording went on here, so the replay must: there is nothing to tell the guest.
void must(const Result<void>& result) {
  if (!result) give_up(result.error());
}

}  // namespace

Result<std::unique_ptr<DiskHistory>> DiskHistory::create(const DiskStack& below, const std::string& folder) {
  return std::unique_ptr<DiskHistory>(new DiskHistory(below, TRY(RandomFile::temporary(folder))));
}

void DiskHistory::set_moment(uint64_t moment) {
  known_ = std::max(known_, moment_);
  moment_ = moment;
}

const DiskHistory::Version* DiskHistory::find(uint64_t cluster) const {
  auto known = versions_.find(cluster);
  if (known == versions_.end()) return nullptr;
  auto behind = std::ranges::upper_bound(known->second, moment_, {}, &Version::moment);
  return behind == known->second.begin() ? nullptr : &*std::prev(behind);
}

template <class F>
void DiskHistory::each_part(uint64_t sector, uint64_t size_bytes, F&& part) const {
  CHECK(size_bytes % kSectorSize == 0 && sector <= sector_count() && size_bytes / kSectorSize <= sector_count() - sector);
  uint64_t offset = sector * kSectorSize;
  for (uint64_t done = 0; done < size_bytes;) {
    uint64_t inside = (offset + done) % kClusterBytes;
    uint64_t size = std::min(size_bytes - done, kClusterBytes - inside);
    part((offset + done) / kClusterBytes, inside, done, size);
    done += size;
  }
}

void DiskHistory::read_cluster(uint64_t cluster, std::span<uint8_t> whole) const {
  const Version* version = find(cluster);
  if (version == nullptr) return must(below_.read_clusters(cluster, whole));
  if (version->place == kZeros) {
    std::ranges::fill(whole, uint8_t{0});
    return;
  }
  must(file_.read(version->place, whole));
}

void DiskHistory::read(uint64_t sector, std::span<uint8_t> out) {
  each_part(sector, out.size(), [&](uint64_t cluster, uint64_t inside, uint64_t done, uint64_t size) {
    Cluster whole;
    read_cluster(cluster, whole);
    std::copy_n(whole.begin() + static_cast<std::ptrdiff_t>(inside), size, out.begin() + static_cast<std::ptrdiff_t>(done));
  });
}

void DiskHistory::keep(uint64_t cluster, uint64_t place) {
  auto& versions = versions_[cluster];
  if (!versions.empty() && versions.back().moment == moment_) {
    versions.back().place = place;
  } else {
    versions.push_back({moment_, place});
  }
}

void DiskHistory::save(SealedFileWriter& out) const {
  out.number(std::max(known_, moment_));
  out.number(used_bytes_);
  Cluster whole;
  for (uint64_t at = 0; at < used_bytes_; at += kClusterBytes) {
    must(file_.read(at, whole));
    out.bytes(whole);
  }
  out.number(versions_.size());
  for (const auto& [cluster, versions] : versions_) {
    out.number(cluster);
    out.number(versions.size());
    for (const Version& v : versions) {
      out.number(v.moment);
      out.number(v.place);
    }
  }
}

Result<void> DiskHistory::load(SealedFileReader& in) {
  versions_.clear();
  used_bytes_ = 0;
  const uint64_t clusters = (sector_count() * kSectorSize + kClusterBytes - 1) / kClusterBytes;
  auto damaged = fail(ErrorKind::kDamaged, "a disk's past: impossible");
  const uint64_t known = in.number(), used = in.number();
  if (used % kClusterBytes != 0 || used > in.remaining_bytes()) return damaged;
  Cluster whole;
  for (; used_bytes_ < used; used_bytes_ += kClusterBytes) {
    in.bytes(whole);
    TRY(file_.write(used_bytes_, whole));
  }
  for (uint64_t left = in.number(); left > 0 && in.ok(); --left) {
    const uint64_t cluster = in.number();
    auto& versions = versions_[cluster];
    if (cluster >= clusters || !versions.empty()) return damaged;
    for (uint64_t more = in.number(); more > 0 && in.ok(); --more) {
      const Version v{in.number(), in.number()};
      const bool in_file = v.place % kClusterBytes == 0 && v.place < used;
      if (v.moment > known || (!versions.empty() && v.moment <= versions.back().moment) || (!in_file && v.place != kZeros)) return damaged;
      versions.push_back(v);
    }
  }
  if (!in.ok()) return damaged;
  known_ = known;
  return {};
}

void DiskHistory::write(uint64_t sector, ByteView bytes) {
  if (moment_ <= known_) return;
  each_part(sector, bytes.size(), [&](uint64_t cluster, uint64_t inside, uint64_t done, uint64_t size) {
    Cluster whole;
    if (size < kClusterBytes) read_cluster(cluster, whole);
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(done), size, whole.begin() + static_cast<std::ptrdiff_t>(inside));
    must(file_.write(used_bytes_, whole));
    keep(cluster, used_bytes_);
    used_bytes_ += kClusterBytes;
  });
}

void DiskHistory::write_zeroes(uint64_t sector, uint64_t sector_count) {
  if (moment_ <= known_) return;
  each_part(sector, sector_count * kSectorSize, [&](uint64_t cluster, uint64_t inside, uint64_t, uint64_t size) {
    if (size == kClusterBytes) return keep(cluster, kZeros);
    Cluster whole;
    read_cluster(cluster, whole);
    std::fill_n(whole.begin() + static_cast<std::ptrdiff_t>(inside), size, uint8_t{0});
    must(file_.write(used_bytes_, whole));
    keep(cluster, used_bytes_);
    used_bytes_ += kClusterBytes;
  });
}

}  // namespace recount
