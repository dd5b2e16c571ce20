#pragma once
// Memory that several of our processes share, named by a descriptor (memfd_create(2)).

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/result.h"
#include "host/fd.h"
#include "host/memory_map.h"

namespace recount {

class SharedMemory {
 public:
  // Zero-filled. name shows in /proc.
  static Result<std::unique_ptr<SharedMemory>> create(const char* name, size_t size_bytes);
  // kUnavailable if it is not of this size.
  static Result<std::unique_ptr<SharedMemory>> attach(Fd fd, size_t size_bytes);
  uint8_t* data() { return map_->data(); }
  const Fd& fd() const { return fd_; }

 private:
  SharedMemory(Fd fd, std::unique_ptr<MemoryMap> map) : fd_(std::move(fd)), map_(std::move(map)) {}
  Fd fd_;
  std::unique_ptr<MemoryMap> map_;
};

}  // namespace recount
