#pragma once
// A disk: a base image that is never written, and copy-on-write layers on it, the topmost of which takes the
// writes. push() freezes what was on top; so two processes that fork and both push go on from the same
// contents, and neither sees what the other writes. One thread (the vCPU's) uses the BlockPort; the I/O
// thread may call try_read(), reserve() and flush() meanwhile. push() only while no other thread uses it.

#include <memory>
#include <vector>

#include "disk/block_starter.h"
#include "disk/layer.h"
#include "host/random_file.h"

namespace recount {

enum class DiskAccess { kReadWrite, kReadOnly };

class DiskStack final : public BlockPort {
 public:
  // Without layers until the first push(): until then it can only be read, and access says what the guest
  // sees.
  DiskStack(RandomFile base, uint64_t disk_bytes, DiskAccess access);

  // BlockPort. A discard has no method here: the device does it as write_zeroes(), so that later reads depend
  // on the requests alone.
  uint64_t sector_count() const override { return disk_bytes_ / kSectorSize; }
  bool read_only() const override { return access_ == DiskAccess::kReadOnly; }
  void start(const BlockRequest& request) override;
  void read(uint64_t sector, std::span<uint8_t> out) override;
  void write(uint64_t sector, ByteView bytes) override;
  void write_zeroes(uint64_t sector, uint64_t sector_count) override;

  // Where start() forwards to, as disk number disk; nullptr: nowhere (a replay).
  void set_starter(BlockStarter* starter, uint8_t disk);
  // layer is of this disk's size.
  void push(std::unique_ptr<Layer> layer);

  // As read(), but the host's failure is an error.
  Result<void> try_read(uint64_t sector, std::span<uint8_t> out) const;
  // Makes sure of the space that this kWrite, kWriteZeroes or kDiscard will take in the top layer.
  Result<void> reserve(uint64_t sector, uint64_t sector_count, BlockOp op) const;
  Result<void> flush();

  // What differs from the base, for export and merging. clusters() if there is no further one.
  uint64_t disk_bytes() const { return disk_bytes_; }
  uint64_t clusters() const { return clusters_of(disk_bytes_); }
  uint64_t next_written(uint64_t cluster) const;
  bool is_written(uint64_t cluster) const { return find(cluster).state != ClusterState::kAbsent; }
  // Whole clusters; beyond the disk's end zeros.
  Result<void> read_clusters(uint64_t cluster, std::span<uint8_t> out) const;

  size_t layer_count() const { return layers_.size(); }
  const RandomFile& base() const { return base_; }

 private:
  struct Place {
    const Layer* layer = nullptr;  // nullptr: the base
    ClusterState state = ClusterState::kAbsent;
    bool operator==(const Place&) const = default;
  };
  Place find(uint64_t cluster) const;
  Result<void> read_bytes(uint64_t offset, std::span<uint8_t> out) const;
  Result<void> write_bytes(uint64_t offset, ByteView bytes);
  Result<void> write_part(uint64_t offset, ByteView bytes);
  void check_range(uint64_t sector, uint64_t bytes) const;
  Layer& top() const;

  RandomFile base_;
  uint64_t disk_bytes_;
  DiskAccess access_;
  std::vector<std::unique_ptr<Layer>> layers_;  // the topmost is last
  BlockStarter* starter_ = nullptr;
  uint8_t disk_ = 0;
};

}  // namespace recount
