#pragma once
// Memory that several of our processes share, named by a descriptor (memfd_create(2)).

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/result.h"
#include "host/fd.h"

namespace recount {

class SharedMemory {
 public:
  // Zero-filled. name shows in /proc.
  static Result<std::unique_ptr<SharedMemory>> create(const char* name, size_t size_bytes);
  // kUnavailable if it is not of this size.
  static Result<std::unique_ptr<SharedMemory>> attach(Fd fd, size_t size_bytes);
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  uint8_t* data() { return data_; }
  const Fd& fd() const { return fd_; }

 private:
  SharedMemory(Fd fd, uint8_t* data, size_t size) : fd_(std::move(fd)), data_(data), size_(size) {}
  Fd fd_;
  uint8_t* data_;
  size_t size_;
};

}  // namespace recount
