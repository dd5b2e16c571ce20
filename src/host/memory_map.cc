#include "host/memory_map.h"

#include <sys/mman.h>

#include "host/os_error.h"

namespace recount {

Result<std::unique_ptr<MemoryMap>> MemoryMap::anonymous(size_t size_bytes) {
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* p = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, kFlags, -1, 0);
  if (p == MAP_FAILED) {
    return os_error(ErrorKind::kUnavailable, "memory",
                    "map " + std::to_string(size_bytes >> 20) + " MiB of it");
  }
  return std::unique_ptr<MemoryMap>(new MemoryMap(p, size_bytes));
}

Result<std::unique_ptr<MemoryMap>> MemoryMap::shared(int fd, uint64_t offset, size_t size_bytes,
                                                     const std::string& name) {
  void* p = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, static_cast<off_t>(offset));
  if (p == MAP_FAILED) return os_error(ErrorKind::kUnavailable, name, "map");
  return std::unique_ptr<MemoryMap>(new MemoryMap(p, size_bytes));
}

MemoryMap::~MemoryMap() { ::munmap(data_, size_); }

}  // namespace recount
