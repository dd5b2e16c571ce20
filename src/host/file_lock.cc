#include "host/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "host/os_error.h"

namespace recount {

Result<std::optional<FileLock>> FileLock::try_take(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  int result = -1;
  if (fd) {
    do {
      result = ::flock(fd.get(), LOCK_EX | LOCK_NB);
    } while (result != 0 && errno == EINTR);
  }
  if (result == 0) return std::optional(FileLock(std::move(fd)));
  if (fd && errno == EWOULDBLOCK) return std::optional<FileLock>();
  return os_error(ErrorKind::kUnavailable, path, "lock");
}

}  // namespace recount
