#include "host/file_map.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>

namespace recount {

Result<std::unique_ptr<FileMap>> FileMap::map(const RandomAccessFile& file, uint64_t offset,
                                              size_t size_bytes) {
  void* p =
      ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd(), static_cast<off_t>(offset));
  if (p == MAP_FAILED) {
    return fail(ErrorKind::kUnavailable, file.path() + ": cannot map: " + std::strerror(errno));
  }
  return std::unique_ptr<FileMap>(new FileMap(static_cast<uint8_t*>(p), size_bytes));
}

FileMap::~FileMap() { ::munmap(data_, size_); }

}  // namespace recount
