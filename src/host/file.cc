#include "host/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "host/fd.h"

namespace recount {
namespace {

std::unexpected<Error> cannot(const std::string& path, const char* what) {
  return fail(ErrorKind::kUnreadable, path + ": cannot " + what + ": " + std::strerror(errno));
}

}  // namespace

Result<Bytes> read_file(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return cannot(path, "open");
  Bytes bytes;
  for (;;) {
    constexpr size_t kStep = 1 << 20;
    size_t had = bytes.size();
    bytes.resize(had + kStep);
    ssize_t got = ::read(fd.get(), bytes.data() + had, kStep);
    bytes.resize(had + static_cast<size_t>(got > 0 ? got : 0));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot(path, "read");
    if (got == 0) break;
  }
  return bytes;
}

Result<void> write_file_atomically(const std::string& path, ByteView bytes) {
  std::string temporary = path + ".new";
  auto failed = [&](const char* what) {
    std::string reason = std::strerror(errno);
    ::unlink(temporary.c_str());
    return fail(ErrorKind::kUnavailable, path + ": cannot " + what + ": " + reason);
  };
  Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) return failed("create");
  while (!bytes.empty()) {
    ssize_t done = ::write(fd.get(), bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return failed("write");
    bytes = bytes.subspan(static_cast<size_t>(done));
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return failed("rename");
  return {};
}

}  // namespace recount
