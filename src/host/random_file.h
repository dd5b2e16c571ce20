#pragma once
// A regular file read and written at offsets (pread, pwrite: safe to share across threads and across fork).
// It has no position of its own, never waits on a FIFO, and is never mapped here: a file that somebody cuts
// while we read it gives a short read, not a signal. Errors carry the path and the system's reason.

#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "host/fd.h"

namespace recount {

// What tells whether a file is still the one it was.
struct FileIdentity {
  uint64_t size_bytes = 0;
  uint64_t mtime_ns = 0;
  uint64_t inode = 0;
  bool operator==(const FileIdentity&) const = default;
};

enum class FileMode { kRead, kReadWrite, kReplace };  // kReplace: empty, made if it is not there

class RandomFile {
 public:
  // kUnreadable `path: cannot open: reason`, also for what is no regular file.
  static Result<RandomFile> open(const std::string& path, FileMode mode);
  // Read-write, without a name: gone with its last descriptor. kUnavailable if the folder cannot hold it.
  static Result<RandomFile> temporary(const std::string& folder);
  // Anonymous memory as a file: for what never was on a disk.
  static Result<RandomFile> in_memory(ByteView bytes);
  // fd is a regular file's; path is for messages.
  RandomFile(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  int fd() const { return fd_.get(); }
  Result<uint64_t> size() const;
  Result<FileIdentity> identity() const;
  Result<uint64_t> allocated_bytes() const;

  // All of it or an error (kUnreadable; a file that ends too early is one too).
  Result<void> read(uint64_t offset, std::span<uint8_t> out) const;
  // How much was read: less than asked only at the end of the file. kUnreadable.
  Result<size_t> read_up_to_end(uint64_t offset, std::span<uint8_t> out) const;

  // kUnavailable, with the reason (a full disk), for all of these.
  Result<void> write(uint64_t offset, ByteView bytes) const;
  Result<void> resize(uint64_t size_bytes) const;
  // Makes sure that later writes there do not fail for lack of space. False if this file system cannot
  // promise it.
  Result<bool> allocate(uint64_t offset, uint64_t size_bytes) const;
  // What was written here, and through mappings, is on the medium, and the size with it.
  Result<void> sync() const;

 private:
  Fd fd_;
  std::string path_;
};

}  // namespace recount
