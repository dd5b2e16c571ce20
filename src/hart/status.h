#pragma once
// Bits of mstatus, mie, satp and menvcfg, by their names in the privileged specification.

#include <cstdint>

namespace recount {

namespace mstatus {
inline constexpr uint64_t kSie = 1ull << 1, kMie = 1ull << 3, kSpie = 1ull << 5, kMpie = 1ull << 7;
inline constexpr uint64_t kSpp = 1ull << 8, kMpp = 3ull << 11, kFs = 3ull << 13, kMprv = 1ull << 17;
inline constexpr uint64_t kSum = 1ull << 18, kMxr = 1ull << 19, kTvm = 1ull << 20, kTw = 1ull << 21;
inline constexpr uint64_t kTsr = 1ull << 22, kUxl = 3ull << 32, kSxl = 3ull << 34, kSd = 1ull << 63;
inline constexpr unsigned kMppShift = 11;
inline constexpr uint64_t kXlen64 = 2ull << 32 | 2ull << 34;  // UXL and SXL read-only 64 bits
inline constexpr uint64_t kWritable =
    kSie | kMie | kSpie | kMpie | kSpp | kMpp | kFs | kMprv | kSum | kMxr | kTvm | kTw | kTsr;
inline constexpr uint64_t kSupervisorWritable = kSie | kSpie | kSpp | kFs | kSum | kMxr;
inline constexpr uint64_t kSupervisorReadable = kSupervisorWritable | kUxl | kSd;
}  // namespace mstatus

namespace menvcfg {
inline constexpr uint64_t kFiom = 1ull << 0, kCbie = 3ull << 4, kCbcfe = 1ull << 6, kCbze = 1ull << 7;
inline constexpr uint64_t kStce = 1ull << 63;
inline constexpr uint64_t kWritable = kFiom | kCbie | kCbcfe | kCbze | kStce;
}  // namespace menvcfg

namespace satp {
inline constexpr uint64_t kBare = 0, kSv39 = 8, kSv48 = 9;
inline constexpr unsigned kModeShift = 60;
inline constexpr uint64_t kPpnMask = (1ull << 44) - 1;
}  // namespace satp

}  // namespace recount
