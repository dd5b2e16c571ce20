#pragma once
// A piece of a file as shared memory: what is stored here is in the file's page cache at once, and so
// outlives the process. The piece must lie inside the file and have its space allocated: a hole that cannot
// be filled is a SIGBUS.

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/result.h"
#include "host/random_access_file.h"

namespace recount {

class FileMap {
 public:
  // offset is a multiple of the page size.
  static Result<std::unique_ptr<FileMap>> map(const RandomAccessFile& file, uint64_t offset,
                                              size_t size_bytes);
  ~FileMap();
  FileMap(const FileMap&) = delete;
  FileMap& operator=(const FileMap&) = delete;

  uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  FileMap(uint8_t* data, size_t size) : data_(data), size_(size) {}
  uint8_t* data_;
  size_t size_;
};

}  // namespace recount
