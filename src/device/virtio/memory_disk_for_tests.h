#pragma once
// For tests: a disk that is a vector, and remembers what was started, for the test to complete when it likes.

#include <algorithm>
#include <deque>

#include "base/check.h"
#include "device/ports.h"

namespace recount::testing {

class MemoryDisk final : public BlockPort {
 public:
  explicit MemoryDisk(Bytes bytes, bool read_only = false) : bytes_(std::move(bytes)), read_only_(read_only) {
    CHECK(bytes_.size() % kSectorSize == 0);
  }

  Bytes& bytes() { return bytes_; }
  std::deque<BlockRequest>& started() { return started_; }

  uint64_t sector_count() const override { return bytes_.size() / kSectorSize; }
  bool read_only() const override { return read_only_; }
  void start(const BlockRequest& request) override { started_.push_back(request); }
  void read(uint64_t sector, std::span<uint8_t> out) override {
    std::copy_n(place(sector, out.size()), out.size(), out.begin());
  }
  void write(uint64_t sector, ByteView bytes) override {
    CHECK(!read_only_);
    std::ranges::copy(bytes, place(sector, bytes.size()));
  }
  void write_zeroes(uint64_t sector, uint64_t sector_count) override {
    CHECK(!read_only_);
    std::fill_n(place(sector, sector_count * kSectorSize), sector_count * kSectorSize, uint8_t{0});
  }

 private:
  // The device has checked that all of it is inside.
  Bytes::iterator place(uint64_t sector, uint64_t size_bytes) {
    CHECK(size_bytes % kSectorSize == 0 && sector <= this->sector_count());
    CHECK(size_bytes / kSectorSize <= this->sector_count() - sector);
    return bytes_.begin() + static_cast<std::ptrdiff_t>(sector * kSectorSize);
  }

  Bytes bytes_;
  const bool read_only_;
  std::deque<BlockRequest> started_;
};

}  // namespace recount::testing
