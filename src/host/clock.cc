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
// Both begin at boot. A process that is stopped between two readings is no suspended host.
uint64_t SystemClock::suspended_ns() const {
  constexpr uint64_t kAtOnce_ns = 10'000'000;
  for (;;) {
    uint64_t before = read_clock(CLOCK_MONOTONIC), boot = read_clock(CLOCK_BOOTTIME), after = read_clock(CLOCK_MONOTONIC);
    if (after - before < kAtOnce_ns) return std::max(boot, before) - before;
  }
}

}  // namespace recount
