#include "host/local_socket.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "host/os_error.h"
#include "host/retry.h"

namespace recount {
namespace {

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return fail(ErrorKind::kUsage,
                path + ": too long for a socket's name; set RECOUNT_DIR to a shorter folder");
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

Fd stream_socket() { return Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

bool connect_to(const Fd& fd, const sockaddr_un& address) {
  return retry([&] { return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address); }) == 0;
}

}  // namespace

Result<LocalListener> LocalListener::listen(const std::string& path) {
  sockaddr_un address = TRY(address_of(path));
  Fd probe = stream_socket(), fd = stream_socket();
  if (!probe || !fd) return os_error(ErrorKind::kUnavailable, path, "make a socket");
  if (connect_to(probe, address)) {
    return fail(ErrorKind::kUnavailable, path + ": a recorder of this name is running; give another --name");
  }
  // Only what nobody listens at may go: it could be a running recorder's.
  if (errno == ECONNREFUSED) {
    ::unlink(path.c_str());
  } else if (errno != ENOENT) {
    return os_error(ErrorKind::kUnavailable, path, "find out whether a recorder has this name");
  }
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return os_error(ErrorKind::kUnavailable, path, "listen");
  }
  LocalListener listener(std::move(fd), path);
  if (::listen(listener.fd(), 8) != 0) return os_error(ErrorKind::kUnavailable, path, "listen");
  return listener;
}
LocalListener::~LocalListener() { close(); }

void LocalListener::close() {
  if (fd_) ::unlink(path_.c_str());
  fd_.reset();
}

Fd LocalListener::accept() {
  return Fd(retry([&] { return ::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC); }));
}

Result<std::string> ask_local(const std::string& path, const std::string& line) {
  if (line.size() > kLongestLine) {
    return fail(ErrorKind::kUsage, "the text is longer than " + std::to_string(kLongestLine) + " bytes: make it shorter");
  }
  sockaddr_un address = TRY(address_of(path));
  Fd fd = stream_socket();
  if (!connect_to(fd, address)) return fail(ErrorKind::kUnavailable, path + ": no recorder answers");
  std::string out = line + "\n";
  for (size_t done = 0; done < out.size();) {
    ssize_t n = retry([&] { return ::send(fd.get(), out.data() + done, out.size() - done, MSG_NOSIGNAL); });
    if (n <= 0) return fail(ErrorKind::kUnavailable, path + ": the recorder hung up");
    done += static_cast<size_t>(n);
  }
  std::string answer;
  char buffer[4096];
  while (answer.find('\n') == std::string::npos) {
    ssize_t n = retry([&] { return ::recv(fd.get(), buffer, sizeof buffer, 0); });
    if (n <= 0) return fail(ErrorKind::kUnavailable, path + ": the recorder hung up");
    answer.append(buffer, static_cast<size_t>(n));
  }
  return answer.substr(0, answer.find('\n'));
}

std::optional<std::string> LineConnection::read_line() {
  // Only what is needed for one line is taken from the peer: its flood waits in the socket, not here.
  if (pending_.find('\n') == std::string::npos && !closed_) {
    char buffer[4096];
    ssize_t n = retry([&] { return ::recv(fd_.get(), buffer, sizeof buffer, MSG_DONTWAIT); });
    if (n > 0) pending_.append(buffer, static_cast<size_t>(n));
    if (n == 0 || (n < 0 && errno != EAGAIN)) closed_ = true;
  }
  size_t end = pending_.find('\n');
  if (std::min(end, pending_.size()) > kLongestLine) {
    closed_ = true;
    return std::nullopt;
  }
  if (end == std::string::npos) return std::nullopt;
  std::string line = pending_.substr(0, end);
  pending_.erase(0, end + 1);
  return line;
}

void LineConnection::write_line(const std::string& line) {
  std::string out = line + "\n";
  // A peer that does not read its answer must not hold the recorder up.
  for (size_t done = 0; done < out.size() && !closed_;) {
    ssize_t n = retry(
        [&] { return ::send(fd_.get(), out.data() + done, out.size() - done, MSG_NOSIGNAL | MSG_DONTWAIT); });
    closed_ = n <= 0;
    done += static_cast<size_t>(std::max<ssize_t>(n, 0));
  }
}

}  // namespace recount
