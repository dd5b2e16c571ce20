#include "host/clock.h"

#include <algorithm>
#include <ctime>

namespace recount {
namespace {

uint64_t read_clock(clockid_t id) {
  timespec t{};
  ::clock_gettime(id, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(t.tv_nsec);
}

}  // namespace

uint64_t SystemClock::monotonic_ns() const { return read_clock(CLOCK_MONOTONIC); }
uint64_t SystemClock::realtime_ns() const { return read_clock(CLOCK_REALTIME); }
// Both begin at boot, and differ by what lies between the two readings too: nobody suspends for that short.
uint64_t SystemClock::suspended_ns() const {
  uint64_t monotonic = read_clock(CLOCK_MONOTONIC);
  return std::max(read_clock(CLOCK_BOOTTIME), monotonic) - monotonic;
}

}  // namespace recount
