#include "host/signals.h"

#include <signal.h>
#include <sys/signalfd.h>

#include "base/check.h"
#include "host/os_error.h"
#include "host/retry.h"

namespace recount {

Result<SignalQueue> SignalQueue::open(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (int s : signals) sigaddset(&set, s);
  CHECK(::sigprocmask(SIG_BLOCK, &set, nullptr) == 0);
  Fd fd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd) return os_error(ErrorKind::kUnavailable, "signals", "make a queue of them");
  return SignalQueue(std::move(fd));
}

std::optional<int> SignalQueue::take() {
  signalfd_siginfo info;
  if (retry([&] { return ::read(fd_.get(), &info, sizeof info); }) != sizeof info) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

}  // namespace recount
