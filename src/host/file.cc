#include "host/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "host/fd.h"
#include "host/os_error.h"
#include "host/random_file.h"
#include "host/retry.h"

namespace recount {

Result<Bytes> read_file(const std::string& path) {
  Fd fd(retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
  if (!fd) return os_error(ErrorKind::kUnreadable, path, "open");
  Bytes bytes;
  for (;;) {
    constexpr size_t kStep = 1 << 20;
    size_t had = bytes.size();
    bytes.resize(had + kStep);
    ssize_t got = retry([&] { return ::read(fd.get(), bytes.data() + had, kStep); });
    bytes.resize(had + static_cast<size_t>(got > 0 ? got : 0));
    if (got < 0) return os_error(ErrorKind::kUnreadable, path, "read");
    if (got == 0) break;
  }
  return bytes;
}

Result<void> replace_file(const std::string& path, ByteView bytes) {
  const std::string temporary = path + ".new";
  auto replaced = [&]() -> Result<void> {
    auto file = RandomFile::open(temporary, FileMode::kReplace);
    if (!file) return fail(ErrorKind::kUnavailable, file.error().message);
    TRY(file->write(0, bytes));
    return rename_file(temporary, path);
  }();
  if (!replaced) (void)remove_file(temporary);
  return replaced;
}

Result<bool> file_exists(const std::string& path) {
  if (::access(path.c_str(), F_OK) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return os_error(ErrorKind::kUnreadable, path, "look for");
}

Result<void> rename_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    return os_error(ErrorKind::kUnavailable, to, "make by renaming");
  }
  return {};
}

Result<void> remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return os_error(ErrorKind::kUnavailable, path, "remove");
  }
  return {};
}

}  // namespace recount
