#include "session/time_keeper.h"

#include <gtest/gtest.h>

#include <random>

#include "hart/timebase.h"

namespace recount {
namespace {

// A guest that runs slices of 30,000 steps on a host that takes slice_ns(i) for the i-th, and what came of
// it.
struct Outcome {
  uint64_t anchors = 0;
  uint64_t worst_off_ticks = 0;  // between guest and host time, once an anchor was applied where one was due
  uint64_t end_ns = 0;
};

template <class SliceNs>
Outcome run_slices(uint64_t count, SliceNs slice_ns) {
  constexpr uint64_t kWarmUp = 100;
  Outcome outcome;
  TimeKeeper keeper(0);
  Timebase time;
  uint64_t host_ns = 0;
  for (uint64_t i = 0; i < count; ++i) {
    if (auto anchor = keeper.anchor(time.steps, time.ticks(), host_ns, false)) {
      EXPECT_GE(anchor->time_ticks, time.ticks()) << "time went back";
      time = {time.steps, time.steps, anchor->time_ticks, anchor->rate};
      ++outcome.anchors;
    }
    uint64_t host = keeper.host_ticks(host_ns), guest = time.ticks();
    if (i > kWarmUp)
      outcome.worst_off_ticks = std::max(outcome.worst_off_ticks, host > guest ? host - guest : guest - host);
    time.steps += 30'000;
    host_ns += slice_ns(i);
  }
  outcome.end_ns = host_ns;
  return outcome;
}

constexpr uint64_t kTwoMilliseconds = 20'000;  // ticks
double anchors_per_s(const Outcome& o) {
  return static_cast<double>(o.anchors) * 1e9 / static_cast<double>(o.end_ns);
}

TEST(TimeKeeper, AGuestOfSteadySpeedNeedsFewAnchors) {
  Outcome o = run_slices(50'000, [](uint64_t) { return 200'000; });
  EXPECT_LT(o.worst_off_ticks, kTwoMilliseconds);
  EXPECT_LT(anchors_per_s(o), 20);
}

TEST(TimeKeeper, ChangesOfSpeedAreFollowedWithinTwoMilliseconds) {
  Outcome o = run_slices(50'000, [](uint64_t i) { return i / 1000 % 2 == 0 ? 100'000 : 400'000; });
  EXPECT_LT(o.worst_off_ticks, kTwoMilliseconds);
  EXPECT_LT(anchors_per_s(o), 100);
}

TEST(TimeKeeper, AHostThatTakesTheProcessorAwayCostsAnAnchorEachTime) {
  std::mt19937_64 random(1);
  uint64_t taken = 0;
  Outcome o = run_slices(50'000, [&](uint64_t) -> uint64_t {
    if (random() % 20 != 0) return 200'000;
    ++taken;
    return 4'200'000;
  });
  EXPECT_LT(o.worst_off_ticks, kTwoMilliseconds);
  EXPECT_LT(o.anchors, 3 * taken);
}

}  // namespace
}  // namespace recount
