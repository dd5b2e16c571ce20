#include "host/signals.h"

#include <signal.h>
#include <sys/signalfd.h>

#include "base/check.h"
#include "host/retry.h"

namespace recount {

SignalQueue::SignalQueue(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (int s : signals) sigaddset(&set, s);
  CHECK(::sigprocmask(SIG_BLOCK, &set, nullptr) == 0);
  fd_ = Fd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  CHECK(static_cast<bool>(fd_));
}

std::optional<int> SignalQueue::take() {
  signalfd_siginfo info;
  if (retry([&] { return ::read(fd_.get(), &info, sizeof info); }) != sizeof info) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

}  // namespace recount
