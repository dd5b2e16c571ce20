#pragma once
// Bits of a page-table entry. Privileged spec, "Sv39: Page-Based 39-bit Virtual-Memory System".

#include <cstdint>

namespace recount::pte {

inline constexpr uint64_t kV = 1, kR = 2, kW = 4, kX = 8, kU = 16, kA = 64, kD = 128;
inline constexpr uint64_t kReservedHigh = 0x3ffull << 54;  // reserved, and N and PBMT, which belong to extensions that this hart does not have
inline constexpr unsigned kPpnShift = 10;

}  // namespace recount::pte
