#pragma once
// A disk whose past stays readable: a replay that goes back and forth reads at each moment what was on it then, and nothing
// has to be undone. Moments are numbered by the caller; what was written at one is kept from the first time on, and writing
// it again changes nothing. Below lies a stack that only gets read.

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "disk/disk_stack.h"
#include "host/random_file.h"
#include "host/sealed_file.h"

namespace recount {

class DiskHistory final : public BlockPort {
 public:
  // What is written is kept in a file without a name in folder. below must outlive this.
  static Result<std::unique_ptr<DiskHistory>> create(const DiskStack& below, const std::string& folder);

  // From here on, reads and writes are those of this moment; 0: before all.
  void set_moment(uint64_t moment);

  // All that is kept; and that as what is kept now, of a disk of the same stack, whose moment stays. kDamaged if it cannot be
  // this disk's, kUnavailable if there is no place for it: then this is of no use any more.
  void save(SealedFileWriter& out) const;
  uint64_t kept_bytes() const { return used_bytes_; }
  Result<void> load(SealedFileReader& in);

  uint64_t sector_count() const override { return below_.sector_count(); }
  bool read_only() const override { return below_.read_only(); }
  void start(const BlockRequest&) override {}
  void read(uint64_t sector, std::span<uint8_t> out) override;
  void write(uint64_t sector, ByteView bytes) override;
  void write_zeroes(uint64_t sector, uint64_t sector_count) override;

 private:
  struct Version {
    uint64_t moment;
    uint64_t place;  // of the cluster in the file, or kZeros
  };
  static constexpr uint64_t kZeros = ~0ull;

  DiskHistory(const DiskStack& below, RandomFile file) : below_(below), file_(std::move(file)) {}
  const Version* find(uint64_t cluster) const;
  void read_cluster(uint64_t cluster, std::span<uint8_t> whole) const;
  void keep(uint64_t cluster, uint64_t place);
  // Calls with each cluster that the range touches, and the bytes of it: offset in the cluster, offset in the range, size.
  template <class F>
  void each_part(uint64_t sector, uint64_t size_bytes, F&& part) const;

  const DiskStack& below_;
  RandomFile file_;
  uint64_t used_bytes_ = 0;
  uint64_t moment_ = 0;
  uint64_t known_ = 0;  // up to here, all that is ever written is kept already
  std::unordered_map<uint64_t, std::vector<Version>> versions_;  // by cluster; in order
};

}  // namespace recount
