#include "host/shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/os_error.h"
#include "host/retry.h"

namespace recount {
namespace {

constexpr const char* kWhat = "shared memory";

}  // namespace

Result<std::unique_ptr<SharedMemory>> SharedMemory::create(const char* name, size_t size_bytes) {
  Fd fd(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return os_error(ErrorKind::kUnavailable, kWhat, "make");
  if (retry([&] { return ::ftruncate(fd.get(), static_cast<off_t>(size_bytes)); }) != 0) {
    return os_error(ErrorKind::kUnavailable, kWhat, "size");
  }
  // Nobody can cut it under a reader.
  ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  return attach(std::move(fd), size_bytes);
}

Result<std::unique_ptr<SharedMemory>> SharedMemory::attach(Fd fd, size_t size_bytes) {
  struct stat s {};
  if (::fstat(fd.get(), &s) != 0 || static_cast<size_t>(s.st_size) != size_bytes) {
    return fail(ErrorKind::kUnavailable, "shared memory: wrong size");
  }
  auto map = TRY(MemoryMap::shared(fd.get(), 0, size_bytes, kWhat));
  return std::unique_ptr<SharedMemory>(new SharedMemory(std::move(fd), std::move(map)));
}

}  // namespace recount
