#include "device/uart16550.h"

#include "base/check.h"

namespace recount {
namespace {

constexpr uint8_t kIerReceived = 1, kIerTransmitEmpty = 2;
constexpr uint8_t kIirNone = 1, kIirTransmitEmpty = 2, kIirReceived = 4, kIirFifoEnabled = 0xc0;
constexpr uint8_t kFcrEnable = 1, kFcrClearReceive = 2;
constexpr uint8_t kLcrDlab = 0x80;
constexpr uint8_t kMcrLoopback = 0x10;
constexpr uint8_t kLsrReady = 1, kLsrTransmitEmpty = 0x60;
constexpr uint8_t kMsrCarrierAndClear = 0xb0;  // CTS, DSR, DCD

}  // namespace

uint8_t Uart16550::iir() const {
  uint8_t fifo = (fcr_ & kFcrEnable) != 0 ? kIirFifoEnabled : 0;
  if ((ier_ & kIerReceived) != 0 && !received_.empty()) return fifo | kIirReceived;
  if ((ier_ & kIerTransmitEmpty) != 0 && transmit_empty_) return fifo | kIirTransmitEmpty;
  return fifo | kIirNone;
}

bool Uart16550::irq() const { return (iir() & kIirNone) == 0; }

void Uart16550::receive(ByteView bytes) {
  CHECK(bytes.size() <= room());
  received_.insert(received_.end(), bytes.begin(), bytes.end());
}

uint8_t Uart16550::take() {
  CHECK(has_input());
  uint8_t byte = received_.front();
  received_.erase(received_.begin());
  return byte;
}

uint8_t Uart16550::read_register(unsigned offset) {
  bool dlab = (lcr_ & kLcrDlab) != 0;
  switch (offset) {
    case 0:
      if (dlab) return divisor_low_;
      return has_input() ? take() : 0;
    case 1: return dlab ? divisor_high_ : ier_;
    case 2: {
      uint8_t v = iir();
      // Reading it acknowledges the transmit interrupt, if that is what it shows.
      if ((v & 0xf) == kIirTransmitEmpty) transmit_empty_ = false;
      return v;
    }
    case 3: return lcr_;
    case 4: return mcr_;
    case 5: return static_cast<uint8_t>(kLsrTransmitEmpty | (received_.empty() ? 0 : kLsrReady));
    case 6:
      // In loopback the modem lines read back what MCR drives: RTS, DTR, OUT1, OUT2.
      if ((mcr_ & kMcrLoopback) != 0) {
        return static_cast<uint8_t>((mcr_ & 2) << 3 | (mcr_ & 1) << 5 | (mcr_ & 4) << 4 | (mcr_ & 8) << 4);
      }
      return kMsrCarrierAndClear;
    case 7: return scr_;
    default: return 0;
  }
}

void Uart16550::write_register(unsigned offset, uint8_t value) {
  bool dlab = (lcr_ & kLcrDlab) != 0;
  switch (offset) {
    case 0:
      if (dlab) {
        divisor_low_ = value;
      } else if ((mcr_ & kMcrLoopback) != 0) {
        if (room() > 0) received_.push_back(value);
        transmit_empty_ = true;
      } else {
        console_.console_output(ConsoleId::kUart, {&value, 1});
        transmit_empty_ = true;
      }
      break;
    case 1:
      if (dlab) {
        divisor_high_ = value;
      } else {
        // Enabling the interrupt while the register is empty raises it.
        if ((value & kIerTransmitEmpty) != 0 && (ier_ & kIerTransmitEmpty) == 0) transmit_empty_ = true;
        ier_ = value & 0xf;
      }
      break;
    case 2:
      if ((value & kFcrClearReceive) != 0) received_.clear();
      fcr_ = value & 0xc9;
      break;
    case 3: lcr_ = value; break;
    case 4: mcr_ = value & 0x1f; break;
    case 7: scr_ = value; break;
    default: break;
  }
}

uint64_t Uart16550::mmio_read(uint64_t offset, unsigned size_bytes) {
  return size_bytes == 1 ? read_register(static_cast<unsigned>(offset)) : 0;
}

void Uart16550::mmio_write(uint64_t offset, unsigned size_bytes, uint64_t value) {
  if (size_bytes == 1) write_register(static_cast<unsigned>(offset), static_cast<uint8_t>(value));
}

}  // namespace recount
