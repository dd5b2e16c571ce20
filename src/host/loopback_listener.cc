#include "host/loopback_listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <string>

#include "host/os_error.h"
#include "host/retry.h"

namespace recount {

Result<LoopbackListener> LoopbackListener::listen(uint16_t port) {
  std::string name = "port " + std::to_string(port);
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return os_error(ErrorKind::kUnavailable, name, "make a socket");
  int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd.get(), generic, size) != 0 || ::listen(fd.get(), 1) != 0 || ::getsockname(fd.get(), generic, &size) != 0) {
    return os_error(ErrorKind::kUnavailable, name, "listen");
  }
  return LoopbackListener(std::move(fd), ntohs(address.sin_port));
}

Fd LoopbackListener::accept() {
  Fd connection(retry([&] { return ::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC); }));
  int on = 1;
  // Packets are small, and each waits for the answer to the one before.
  if (connection) ::setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return connection;
}

}  // namespace recount
