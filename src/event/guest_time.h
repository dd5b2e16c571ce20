#pragma once
// The unit of guest time: ticks of 10 MHz since power-on.

#include <cstdint>

namespace recount {

inline constexpr uint64_t kTicksPerSecond = 10'000'000;
inline constexpr uint64_t kNsPerTick = 1'000'000'000 / kTicksPerSecond;

constexpr double seconds_of(uint64_t ticks) {
  return static_cast<double>(ticks) / static_cast<double>(kTicksPerSecond);
}

}  // namespace recount
