#pragma once
// A regular file that is read and written at offsets. Never mapped: a file that somebody cuts while we read
// it gives a short read, not a signal. Owned by whoever opened it; the name is only for messages.

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "host/fd.h"

namespace recount {

class RandomFile {
 public:
  // For reading. kUnreadable if it cannot be opened or is not a regular file.
  static Result<std::unique_ptr<RandomFile>> open(const std::string& path);
  // Anonymous memory as a file: for fuzzing, and for evidence that never was on a disk.
  static Result<std::unique_ptr<RandomFile>> in_memory(ByteView bytes);
  RandomFile(Fd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  Result<uint64_t> size() const;
  // How much was read: less than asked only at the end of the file. kUnreadable.
  Result<size_t> read_at(uint64_t offset, std::span<uint8_t> out) const;
  // kUnavailable, with the reason (a full disk), for these three.
  Result<void> write_at(uint64_t offset, ByteView bytes);
  Result<void> truncate(uint64_t size_bytes);
  Result<void> sync();

 private:
  Fd fd_;
  std::string name_;
};

}  // namespace recount
