#include "host/memory_map.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>

namespace recount {

Result<std::unique_ptr<MemoryMap>> MemoryMap::anonymous(size_t size_bytes) {
  void* p = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) {
    return fail(ErrorKind::kUnavailable, "cannot map " + std::to_string(size_bytes >> 20) +
                                             " MiB of memory: " + std::strerror(errno));
  }
  return std::unique_ptr<MemoryMap>(new MemoryMap(static_cast<uint8_t*>(p), size_bytes));
}

MemoryMap::~MemoryMap() { ::munmap(data_, size_); }

}  // namespace recount
