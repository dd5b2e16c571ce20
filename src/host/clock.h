#pragma once
// The host's clocks. An interface, so that tests can make them jump.

#include <cstdint>

namespace recount {

class HostClock {
 public:
  virtual ~HostClock() = default;
  virtual uint64_t monotonic_ns() const = 0;
  virtual uint64_t realtime_ns() const = 0;  // since 1970
  // How long the host has been suspended since it booted: monotonic_ns() stands still meanwhile.
  virtual uint64_t suspended_ns() const = 0;
};

class SystemClock final : public HostClock {
 public:
  uint64_t monotonic_ns() const override;
  uint64_t realtime_ns() const override;
  uint64_t suspended_ns() const override;
};

}  // namespace recount
