#pragma once
// The real-time clock of Android's goldfish board: nanoseconds since 1970, as a function of guest time and
// the moment of power-on. Its alarm is kept but never fires before guest time passes it.

#include <cstdint>

#include "device/device.h"
#include "device/ports.h"
#include "event/guest_time.h"

namespace recount {

class GoldfishRtc final : public Device {
 public:
  GoldfishRtc(const ClockPort& clock, uint64_t base_ns) : clock_(clock), base_ns_(base_ns) {}

  uint64_t mmio_read(uint64_t offset, unsigned size_bytes) override;
  void mmio_write(uint64_t offset, unsigned size_bytes, uint64_t value) override;
  bool irq() const override { return irq_enabled_ && irq_pending_; }

  // When guest time reaches this, call check_alarm(). ~0 if no alarm is set.
  uint64_t alarm_ticks() const;
  void check_alarm();

  template <class Archive>
  void state(Archive& a) {
    a("base_ns", base_ns_);
    a("latched_high", latched_high_);
    a("alarm_ns", alarm_ns_);
    a("alarm_high", alarm_high_);
    a("alarm_armed", alarm_armed_);
    a("irq_enabled", irq_enabled_);
    a("irq_pending", irq_pending_);
  }

 private:
  uint64_t now_ns() const { return base_ns_ + clock_.now_ticks() * kNsPerTick; }

  const ClockPort& clock_;
  uint64_t base_ns_;
  uint32_t latched_high_ = 0;
  uint64_t alarm_ns_ = 0;
  uint32_t alarm_high_ = 0;
  bool alarm_armed_ = false;
  bool irq_enabled_ = false;
  bool irq_pending_ = false;
};

}  // namespace recount
