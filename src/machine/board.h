#pragma once
// The board's memory map and interrupt numbers: those of QEMU's `virt`, so stock kernels find their way.
// The watchdog is where `virt` has nothing.

#include <cstdint>

#include "base/address.h"

namespace recount::board {

inline constexpr Gpa kSyscon{0x100000}, kRtc{0x101000}, kWatchdog{0x102000}, kAclint{0x2000000}, kPlic{0xc000000},
    kUart{0x10000000};
inline constexpr uint64_t kSysconSize = 0x1000, kRtcSize = 0x1000, kWatchdogSize = 0x1000, kAclintSize = 0x10000,
                          kPlicSize = 0x600000;
inline constexpr uint64_t kUartSize = 0x100;
inline constexpr Gpa kVirtio{0x10001000};
inline constexpr uint64_t kVirtioSize = 0x1000;  // of each slot
inline constexpr unsigned kVirtioSlots = 8;
inline constexpr Gpa kRam{0x80000000};
inline constexpr unsigned kVirtioIrq = 1 /* of slot 0 */, kUartIrq = 10, kRtcIrq = 11;

// The kernel's place: the first 2 MiB belong to firmware, with or without one.
inline constexpr uint64_t kKernelOffset = 0x200000;

}  // namespace recount::board
