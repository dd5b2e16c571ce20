#include "device/watchdog.h"

#include "event/guest_time.h"

namespace recount {
namespace {

enum Register : uint64_t { kControl = 0x10, kConfig = 0x14, kMode = 0x18 };

constexpr uint32_t kFeed = 0xa57 << 1 | 1;                            // written to kControl; nothing else is heard
constexpr uint32_t kFunction = 3, kWholeSystem = 1;                   // of kConfig
constexpr uint32_t kEnabled = 1, kIntervalShift = 4, kInterval = 15;  // of kMode

// By the mode's interval. The manual reserves what is behind 16 s; here that is 16 s too.
constexpr uint64_t kHalfSeconds[] = {1, 2, 4, 6, 8, 10, 12, 16, 20, 24, 28, 32, 32, 32, 32, 32};

}  // namespace

uint64_t Watchdog::interval_ticks() const {
  return kHalfSeconds[mode_ >> kIntervalShift & kInterval] * (kTicksPerSecond / 2);
}

uint64_t Watchdog::expiry_ticks() const {
  bool on = (mode_ & kEnabled) != 0 && config_ == kWholeSystem;
  return on ? fed_ticks_ + interval_ticks() : ~0ull;
}

bool Watchdog::possible() const {
  constexpr uint64_t kFarAway = 1ull << 63;  // beyond it the sum would overflow
  return config_ <= kFunction && (mode_ & ~(kEnabled | kInterval << kIntervalShift)) == 0 && fed_ticks_ < kFarAway;
}

uint64_t Watchdog::mmio_read(uint64_t offset, unsigned size_bytes) {
  if (size_bytes != 4) return 0;
  switch (offset) {
    case kConfig: return config_;
    case kMode: return mode_;
    default: return 0;
  }
}

void Watchdog::mmio_write(uint64_t offset, unsigned size_bytes, uint64_t value) {
  if (size_bytes != 4) return;
  switch (offset) {
    case kControl:
      if (value == kFeed) fed_ticks_ = clock_.now_ticks();
      break;
    case kConfig: config_ = value & kFunction; break;
    case kMode:
      // Written again and again it does not feed: a driver that waits for the reset does that.
      if ((mode_ & kEnabled) == 0) fed_ticks_ = clock_.now_ticks();
      mode_ = value & (kEnabled | kInterval << kIntervalShift);
      break;
    default: break;
  }
}

}  // namespace recount
