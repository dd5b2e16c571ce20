#include "host/stream.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "host/os_error.h"
#include "host/retry.h"

namespace recount {

Result<Fd> duplicate_stdout() {
  Fd fd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  if (!fd) return os_error(ErrorKind::kUnavailable, "standard output", "duplicate");
  return fd;
}

Result<Fd> open_for_append(const std::string& path) {
  Fd fd(retry([&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644); }));
  if (!fd) return os_error(ErrorKind::kUnreadable, path, "open");
  return fd;
}

Result<std::pair<Fd, Fd>> stream_pair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
    return os_error(ErrorKind::kUnavailable, "console", "make a socket pair");
  }
  return std::pair{Fd(fds[0]), Fd(fds[1])};
}

Bytes read_some(int fd) {
  Bytes bytes(64 << 10);
  ssize_t got = retry([&] { return ::read(fd, bytes.data(), bytes.size()); });
  bytes.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
  return bytes;
}

void write_all(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    ssize_t done = retry([&] { return ::write(fd, bytes.data(), bytes.size()); });
    if (done <= 0) return;  // nobody listens: the guest goes on
    bytes = bytes.subspan(static_cast<size_t>(done));
  }
}

bool send_now(int fd, ByteView bytes) {
  return ::send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}

}  // namespace recount
