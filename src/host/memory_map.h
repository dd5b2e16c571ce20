#pragma once
// Mapped memory: page-aligned, at a fixed address for its life, and gone with its owner.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"

namespace recount {

class MemoryMap {
 public:
  // Private and zero-filled.
  static Result<std::unique_ptr<MemoryMap>> anonymous(size_t size_bytes);
  // A piece of a file, shared: what is stored here is in the file's page cache at once, and so outlives the
  // process. The piece must lie inside the file and have its space allocated: a hole that cannot be filled is
  // a SIGBUS. offset is a multiple of the page size; name is for messages.
  static Result<std::unique_ptr<MemoryMap>> shared(int fd, uint64_t offset, size_t size_bytes,
                                                   const std::string& name);
  ~MemoryMap();
  MemoryMap(const MemoryMap&) = delete;
  MemoryMap& operator=(const MemoryMap&) = delete;

  uint8_t* data() { return data_; }
  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  MemoryMap(void* data, size_t size) : data_(static_cast<uint8_t*>(data)), size_(size) {}
  uint8_t* data_;
  size_t size_;
};

}  // namespace recount
