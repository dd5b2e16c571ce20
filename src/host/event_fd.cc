#include "host/event_fd.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <cstdint>

#include "base/check.h"
#include "host/os_error.h"
#include "host/retry.h"

namespace recount {

Result<EventFd> EventFd::open() {
  Fd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd) return os_error(ErrorKind::kUnavailable, "event descriptor", "make");
  return EventFd(std::move(fd));
}

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
