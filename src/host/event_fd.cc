#include "host/event_fd.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <cstdint>

#include "base/check.h"

namespace recount {

EventFd::EventFd() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) { CHECK(static_cast<bool>(fd_)); }

void EventFd::ring() {
  uint64_t one = 1;
  ssize_t put;
  do {
    put = ::write(fd_.get(), &one, sizeof one);
  } while (put < 0 && errno == EINTR);
  CHECK(put == sizeof one || errno == EAGAIN);  // EAGAIN: it rings already, 2^64 times over
}

void EventFd::silence() {
  uint64_t count;
  while (::read(fd_.get(), &count, sizeof count) < 0 && errno == EINTR) {
  }
}

}  // namespace recount
