#pragma once
// An anonymous private mapping: zero-filled, page-aligned, fixed address for its life.

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/result.h"

namespace recount {

class MemoryMap {
 public:
  static Result<std::unique_ptr<MemoryMap>> anonymous(size_t size_bytes);
  ~MemoryMap();
  MemoryMap(const MemoryMap&) = delete;
  MemoryMap& operator=(const MemoryMap&) = delete;

  uint8_t* data() { return data_; }
  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  MemoryMap(uint8_t* data, size_t size) : data_(data), size_(size) {}
  uint8_t* data_;
  size_t size_;
};

}  // namespace recount
