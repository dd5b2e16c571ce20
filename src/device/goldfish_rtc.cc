#include "device/goldfish_rtc.h"

namespace recount {
namespace {

enum Register : uint64_t {
  kTimeLow = 0x00, kTimeHigh = 0x04, kAlarmLow = 0x08, kAlarmHigh = 0x0c, kIrqEnabled = 0x10,
  kClearAlarm = 0x14, kAlarmStatus = 0x18, kClearInterrupt = 0x1c
};

}  // namespace

uint64_t GoldfishRtc::alarm_ticks() const {
  if (!alarm_armed_) return ~0ull;
  if (alarm_ns_ <= base_ns_) return 0;
  const uint64_t ahead_ns = alarm_ns_ - base_ns_;
  return ahead_ns / kNsPerTick + (ahead_ns % kNsPerTick != 0 ? 1 : 0);
}

void GoldfishRtc::check_alarm() {
  if (!alarm_armed_ || now_ns() < alarm_ns_) return;
  alarm_armed_ = false;
  irq_pending_ = true;
}

uint64_t GoldfishRtc::mmio_read(uint64_t offset, unsigned size_bytes) {
  if (size_bytes != 4) return 0;
  switch (offset) {
    case kTimeLow: {
      // Reading the low half latches the high one, so that the pair is of one moment.
      uint64_t now = now_ns();
      latched_high_ = static_cast<uint32_t>(now >> 32);
      return static_cast<uint32_t>(now);
    }
    case kTimeHigh: return latched_high_;
    case kAlarmLow: return static_cast<uint32_t>(alarm_ns_);
    case kAlarmHigh: return alarm_ns_ >> 32;
    case kIrqEnabled: return irq_enabled_;
    case kAlarmStatus: return alarm_armed_;
    default: return 0;
  }
}

void GoldfishRtc::mmio_write(uint64_t offset, unsigned size_bytes, uint64_t value) {
  if (size_bytes != 4) return;
  switch (offset) {
    case kAlarmLow:
      alarm_ns_ = static_cast<uint64_t>(alarm_high_) << 32 | static_cast<uint32_t>(value);
      alarm_armed_ = true;
      check_alarm();
      break;
    case kAlarmHigh: alarm_high_ = static_cast<uint32_t>(value); break;
    case kIrqEnabled: irq_enabled_ = (value & 1) != 0; break;
    case kClearAlarm: alarm_armed_ = false; break;
    case kClearInterrupt: irq_pending_ = false; break;
    default: break;  // the time itself is not the guest's to set
  }
}

}  // namespace recount
