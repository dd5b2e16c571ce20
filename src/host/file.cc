#include "host/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace recount {
namespace {

std::unexpected<Error> cannot(const std::string& path, const char* what) {
  return fail(ErrorKind::kUnreadable, path + ": cannot " + what + ": " + std::strerror(errno));
}

}  // namespace

Result<Bytes> read_file(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return cannot(path, "open");
  Bytes bytes;
  for (;;) {
    constexpr size_t kStep = 1 << 20;
    size_t had = bytes.size();
    bytes.resize(had + kStep);
    ssize_t got = ::read(fd, bytes.data() + had, kStep);
    bytes.resize(had + static_cast<size_t>(got > 0 ? got : 0));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      auto error = cannot(path, "read");
      ::close(fd);
      return error;
    }
    if (got == 0) break;
  }
  ::close(fd);
  return bytes;
}

}  // namespace recount
