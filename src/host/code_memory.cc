#include "host/code_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include "host/fd.h"
#include "host/os_error.h"
#include "host/retry.h"

namespace recount {

Result<std::unique_ptr<CodeMemory>> CodeMemory::create(size_t size_bytes) {
  constexpr const char* kWhat = "code memory";
  Fd fd(::memfd_create("recount-code", MFD_CLOEXEC));
  if (!fd) return os_error(ErrorKind::kUnavailable, kWhat, "make");
  if (retry([&] { return ::ftruncate(fd.get(), static_cast<off_t>(size_bytes)); }) != 0) {
    return os_error(ErrorKind::kUnavailable, kWhat, "size");
  }
  void* writable = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (writable == MAP_FAILED) return os_error(ErrorKind::kUnavailable, kWhat, "map");
  void* executable = ::mmap(nullptr, size_bytes, PROT_READ | PROT_EXEC, MAP_SHARED, fd.get(), 0);
  if (executable == MAP_FAILED) {
    auto error = os_error(ErrorKind::kUnavailable, kWhat, "map executable");
    ::munmap(writable, size_bytes);
    return error;
  }
  ::madvise(writable, size_bytes, MADV_DONTFORK);
  ::madvise(executable, size_bytes, MADV_DONTFORK);
  return std::unique_ptr<CodeMemory>(new CodeMemory(executable, writable, size_bytes));
}

// In a child of fork ours is not mapped any more; something else of its own may be, in the same place.
CodeMemory::~CodeMemory() {
  if (owner_ != own_pid()) return;
  ::munmap(executable_, size_);
  ::munmap(writable_, size_);
}

}  // namespace recount
