#include "host/poll.h"

#include <poll.h>

#include <ctime>
#include <vector>

namespace recount {

bool wait_readable(std::span<const int> fds, uint64_t timeout_ns) {
  std::vector<pollfd> polled;
  for (int fd : fds) polled.push_back({fd, POLLIN, 0});
  timespec timeout{static_cast<time_t>(timeout_ns / 1'000'000'000),
                   static_cast<long>(timeout_ns % 1'000'000'000)};
  return ::ppoll(polled.data(), polled.size(), &timeout, nullptr) > 0;
}

bool is_readable(int fd) {
  int fds[] = {fd};
  return wait_readable(fds, 0);
}

}  // namespace recount
