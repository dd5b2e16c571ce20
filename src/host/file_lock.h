#pragma once
// Exclusive locks on files (flock(2)). A lock belongs to the open file, so a forked child holds it too: it is
// free when the last of them has gone, however that came about.

#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "host/fd.h"

namespace recount {

enum class Lock {
  kTaken,
  kHeldByOthers,
  kImpossible
};  // kImpossible: the file system has none; errno says more
// Never waits. The lock is held until fd, and every copy of it, is closed.
Lock try_lock(const Fd& fd);

// A lock on a file that exists for it.
class FileLock {
 public:
  // nullopt if somebody else holds it. kUnavailable if the file cannot be made.
  static Result<std::optional<FileLock>> try_take(const std::string& path);

 private:
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace recount
