#include "host/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "host/os_error.h"
#include "host/retry.h"

namespace recount {

Lock try_lock(const Fd& fd) {
  int result = retry([&] { return ::flock(fd.get(), LOCK_EX | LOCK_NB); });
  if (result == 0) return Lock::kTaken;
  return errno == EWOULDBLOCK ? Lock::kHeldByOthers : Lock::kImpossible;
}

Result<std::optional<FileLock>> FileLock::try_take(const std::string& path) {
  Fd fd(retry([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644); }));
  if (!fd) return os_error(ErrorKind::kUnavailable, path, "lock");
  switch (try_lock(fd)) {
    case Lock::kTaken:
      return std::optional(FileLock(std::move(fd)));
    case Lock::kHeldByOthers:
      return std::optional<FileLock>();
    case Lock::kImpossible:
      break;
  }
  return os_error(ErrorKind::kUnavailable, path, "lock");
}

}  // namespace recount
