#include "host/channel.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "host/os_error.h"
#include "host/poll.h"
#include "host/retry.h"

namespace recount {

Result<std::pair<Channel, Channel>> Channel::pair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) {
    return os_error(ErrorKind::kUnavailable, "channel", "make a socket pair");
  }
  return std::pair{Channel(Fd(fds[0])), Channel(Fd(fds[1]))};
}

// The kernel may be short of memory for a moment, and what is said here is said once.
bool Channel::send(ByteView message, const Fd* with) {
  constexpr int kTries = 1000;
  constexpr uint64_t kNap_ns = 1'000'000;
  for (int i = 0; i < kTries; ++i) {
    if (send_flagged(message, with, 0)) return true;
    if (errno != ENOBUFS && errno != ENOMEM) return false;
    wait_readable({}, kNap_ns);
  }
  return false;
}

bool Channel::send_now(ByteView message, const Fd* with) { return send_flagged(message, with, MSG_DONTWAIT); }

bool Channel::send_flagged(ByteView message, const Fd* with, int flags) {
  CHECK(message.size() <= kChannelMessageBytes);
  iovec data{const_cast<uint8_t*>(message.data()), message.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  if (with != nullptr) {
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    cmsghdr* c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    int fd = with->get();
    std::memcpy(CMSG_DATA(c), &fd, sizeof fd);
  }
  ssize_t sent = retry([&] { return ::sendmsg(fd_.get(), &header, MSG_NOSIGNAL | flags); });
  // A peer that has gone is no reason to close: its last messages may still be here to be received.
  return sent >= 0;
}

std::optional<Channel::Message> Channel::receive() {
  if (closed()) return std::nullopt;
  // Asked for after every slice, mostly in vain: no allocation, and nothing cleared, before there is a
  // message.
  uint8_t buffer[kChannelMessageBytes];
  iovec data{buffer, sizeof buffer};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  ssize_t got;
  do {
    got = ::recvmsg(fd_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    // The peer ended without reading all that we sent. Its own last messages lie behind this error, which
    // comes once.
  } while (got < 0 && (errno == EINTR || errno == ECONNRESET));
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::nullopt;
  if (got <= 0) {
    closed_ = true;
    return std::nullopt;
  }
  Message message{Bytes(buffer, buffer + got), Fd()};
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    int fd;
    std::memcpy(&fd, CMSG_DATA(c), sizeof fd);
    message.fd = Fd(fd);
  }
  return message;
}

}  // namespace recount
