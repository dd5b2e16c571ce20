#pragma once
// The host's floating-point control register, MXCSR. While translated code runs it is the guest's: its rounding mode, and
// the flags it has raised.

#include <xmmintrin.h>

#include <cstdint>

namespace recount {

// As the ABI has it: to nearest, no exception traps, no flag set, subnormals are numbers.
inline constexpr uint32_t kDefaultMxcsr = 0x1f80;

// While it lives, code computes as the host does. For what the guest's execution calls that is not the guest, such as
// devices and who listens to them: else the guest's rounding would change what they say, and the flags they raise would
// become the guest's.
class HostFloatingPoint {
 public:
  HostFloatingPoint() : guest_(_mm_getcsr()) { _mm_setcsr(kDefaultMxcsr); }
  ~HostFloatingPoint() { _mm_setcsr(guest_); }
  HostFloatingPoint(const HostFloatingPoint&) = delete;
  HostFloatingPoint& operator=(const HostFloatingPoint&) = delete;

 private:
  const uint32_t guest_;
};

}  // namespace recount
