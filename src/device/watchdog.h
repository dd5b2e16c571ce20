#pragma once
// The watchdog of Allwinner's A31 ("WatchDog", in its user manual), which Linux drives as allwinner,sun6i-a31-wdt: a guest that
// does not feed it in time is to be reset. Of its two functions it has the reset of the whole system, and no interrupt.

#include <cstdint>

#include "device/ports.h"
#include "memory/bus.h"

namespace recount {

class Watchdog final : public MmioDevice {
 public:
  explicit Watchdog(const ClockPort& clock) : clock_(clock) {}

  uint64_t mmio_read(uint64_t offset, unsigned size_bytes) override;
  void mmio_write(uint64_t offset, unsigned size_bytes, uint64_t value) override;

  // When guest time reaches this, call check(). ~0 while it is off.
  uint64_t expiry_ticks() const;
  void check() { expired_ = expired_ || clock_.now_ticks() >= expiry_ticks(); }
  // Nobody fed it: the guest may not run on.
  bool expired() const { return expired_; }
  uint64_t interval_ticks() const;

  // False for a restored state that no watchdog comes to.
  bool possible() const;

  template <class Archive>
  void state(Archive& a) {
    a("config", config_);
    a("mode", mode_);
    a("fed_ticks", fed_ticks_);
    a("expired", expired_);
  }

 private:
  const ClockPort& clock_;
  uint32_t config_ = 1;
  uint32_t mode_ = 0;
  uint64_t fed_ticks_ = 0;  // when it was started or fed last
  bool expired_ = false;
};

}  // namespace recount
