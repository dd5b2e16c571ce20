#pragma once
// A virtio console with one port. Output leaves as soon as the driver notifies; input goes to the driver's
// buffers, and waits in a small FIFO while there are none. Virtio 1.2, "Console Device".

#include "device/ports.h"
#include "device/virtio/virtio_device.h"

namespace recount {

class VirtioConsole final : public VirtioDevice {
 public:
  VirtioConsole(Ram& guest_ram, ConsolePort& console)
      : VirtioDevice(guest_ram, VirtioType::kConsole, 2), console_(console) {}

  // False for a restored state that no console comes to.
  bool possible() const { return received_.size() <= kFifoSize; }
  // Bytes that receive() can take now; none before there is a driver.
  size_t room() const;
  void receive(ByteView bytes);

  template <class Archive>
  void state(Archive& a) {
    transport_state(a);
    a("received", received_);
  }

 private:
  static constexpr size_t kFifoSize = 1024;

  void notify(unsigned queue) override;
  void forget() override { received_.clear(); }
  void deliver();

  ConsolePort& console_;
  Bytes received_;
};

}  // namespace recount
