#pragma once
// Software interrupts and the machine timer, in the layout of sifive,clint0. mtime is guest time, a function
// of position; writes to it are ignored. RISC-V ACLINT specification, "MTIMER" and "MSWI".

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "device/ports.h"
#include "memory/bus.h"

namespace recount {

class Aclint final : public MmioDevice {
 public:
  Aclint(const ClockPort& clock, unsigned hart_count)
      : clock_(clock), msip_(hart_count, 0), mtimecmp_(hart_count, ~0ull) {}

  // 0 if a restored state disagrees with itself.
  size_t hart_count() const { return msip_.size() == mtimecmp_.size() ? msip_.size() : 0; }
  bool msip(unsigned hart) const { return msip_[hart] != 0; }
  void set_msip(unsigned hart, bool on) { msip_[hart] = on ? 1 : 0; }
  uint64_t mtimecmp(unsigned hart) const { return mtimecmp_[hart]; }
  // Whether a software interrupt was raised since one asked. Asked behind every access: never part of a state.
  bool take_raised() { return std::exchange(raised_, false); }

  uint64_t mmio_read(uint64_t offset, unsigned size_bytes) override;
  void mmio_write(uint64_t offset, unsigned size_bytes, uint64_t value) override;

  template <class Archive>
  void state(Archive& a) {
    std::span msip(msip_);
    std::span mtimecmp(mtimecmp_);  // their number is the board's: no state may change it
    a("msip", msip);
    a("mtimecmp", mtimecmp);
  }

 private:
  const ClockPort& clock_;
  std::vector<uint32_t> msip_;
  std::vector<uint64_t> mtimecmp_;
  bool raised_ = false;
};

}  // namespace recount
