#include "host/file_names.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "host/fd.h"

namespace recount {
namespace {

std::unexpected<Error> cannot(const std::string& path, const char* what) {
  return fail(ErrorKind::kUnavailable, path + ": cannot " + what + ": " + std::strerror(errno));
}

}  // namespace

bool file_exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

Result<void> rename_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return cannot(to, "make by renaming");
  return {};
}

Result<void> remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return cannot(path, "remove");
  return {};
}

Result<void> sync_folder(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems cannot sync a folder (EINVAL): then there is nothing better to do.
  if (!fd || (::fsync(fd.get()) != 0 && errno != EINVAL)) return cannot(path, "sync this folder");
  return {};
}

}  // namespace recount
