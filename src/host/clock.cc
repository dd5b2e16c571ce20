#include "host/clock.h"

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

}  // namespace recount
