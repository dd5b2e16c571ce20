#include "host/shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace recount {
namespace {

std::unexpected<Error> cannot(const char* what) {
  return fail(ErrorKind::kUnavailable,
              std::string("shared memory: cannot ") + what + ": " + std::strerror(errno));
}

}  // namespace

Result<std::unique_ptr<SharedMemory>> SharedMemory::create(const char* name, size_t size_bytes) {
  Fd fd(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return cannot("make it");
  if (::ftruncate(fd.get(), static_cast<off_t>(size_bytes)) != 0) return cannot("size it");
  // Nobody can cut it under a reader.
  ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  return attach(std::move(fd), size_bytes);
}

Result<std::unique_ptr<SharedMemory>> SharedMemory::attach(Fd fd, size_t size_bytes) {
  struct stat s {};
  if (::fstat(fd.get(), &s) != 0 || static_cast<size_t>(s.st_size) != size_bytes) {
    return fail(ErrorKind::kUnavailable, "shared memory: wrong size");
  }
  void* p = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (p == MAP_FAILED) return cannot("map it");
  return std::unique_ptr<SharedMemory>(new SharedMemory(std::move(fd), static_cast<uint8_t*>(p), size_bytes));
}

SharedMemory::~SharedMemory() { ::munmap(data_, size_); }

}  // namespace recount
