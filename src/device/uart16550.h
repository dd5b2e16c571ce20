#pragma once
// A 16550A UART, byte-wide registers. Output leaves at once; input waits in the receive FIFO.
// Register names as in the PC16550D data sheet.

#include <cstddef>

#include "device/device.h"
#include "device/ports.h"

namespace recount {

class Uart16550 final : public Device {
 public:
  explicit Uart16550(ConsolePort& console) : console_(console) {}

  uint64_t mmio_read(uint64_t offset, unsigned size_bytes) override;
  void mmio_write(uint64_t offset, unsigned size_bytes, uint64_t value) override;
  bool irq() const override;

  // False for a restored state that no UART comes to.
  bool possible() const { return received_.size() <= kFifoSize; }
  // Bytes that receive() can take now.
  size_t room() const { return kFifoSize - received_.size(); }
  void receive(ByteView bytes);
  bool has_input() const { return !received_.empty(); }
  uint8_t take();  // the oldest byte received; there must be one

  template <class Archive>
  void state(Archive& a) {
    a("received", received_);
    a("ier", ier_);
    a("fcr", fcr_);
    a("lcr", lcr_);
    a("mcr", mcr_);
    a("scr", scr_);
    a("divisor_low", divisor_low_);
    a("divisor_high", divisor_high_);
    a("transmit_empty", transmit_empty_);
  }

 private:
  static constexpr size_t kFifoSize = 16;
  uint8_t read_register(unsigned offset);
  void write_register(unsigned offset, uint8_t value);
  uint8_t iir() const;

  ConsolePort& console_;
  Bytes received_;
  uint8_t ier_ = 0, fcr_ = 0, lcr_ = 0, mcr_ = 0, scr_ = 0;
  uint8_t divisor_low_ = 0, divisor_high_ = 0;
  bool transmit_empty_ = false;  // THRE interrupt not yet acknowledged
};

}  // namespace recount
