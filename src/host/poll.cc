#include "host/poll.h"

#include <ctime>
#include <vector>

namespace recount {
namespace {

timespec timespec_of(uint64_t ns) {
  constexpr uint64_t kNsPerSecond = 1'000'000'000;
  return {static_cast<time_t>(ns / kNsPerSecond), static_cast<long>(ns % kNsPerSecond)};
}

}  // namespace

bool wait_readable(std::span<const int> fds, uint64_t timeout_ns) {
  std::vector<pollfd> polled;
  for (int fd : fds) polled.push_back({fd, POLLIN, 0});
  timespec timeout = timespec_of(timeout_ns);
  return ::ppoll(polled.data(), polled.size(), &timeout, nullptr) > 0;
}

bool poll_all(std::span<pollfd> entries, uint64_t timeout_ns) {
  timespec timeout = timespec_of(timeout_ns);
  return ::ppoll(entries.data(), entries.size(), &timeout, nullptr) >= 0;
}

bool is_readable(int fd) {
  int fds[] = {fd};
  return wait_readable(fds, 0);
}

}  // namespace recount
