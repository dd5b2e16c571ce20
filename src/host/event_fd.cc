#include "host/event_fd.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <cstdint>

#include "base/check.h"
#include "host/retry.h"

namespace recount {

EventFd::EventFd() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) { CHECK(static_cast<bool>(fd_)); }

void EventFd::ring() {
  uint64_t one = 1;
  ssize_t put = retry([&] { return ::write(fd_.get(), &one, sizeof one); });
  CHECK(put == sizeof one || errno == EAGAIN);  // EAGAIN: it rings already, 2^64 times over
}

void EventFd::silence() {
  uint64_t count;
  static_cast<void>(retry([&] { return ::read(fd_.get(), &count, sizeof count); }));
}

}  // namespace recount
