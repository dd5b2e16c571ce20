#pragma once
// A virtio console with two ports: the console itself, and one through which the guest speaks to its recorder (a driver that
// knows of no ports has the console alone). Output leaves as soon as the driver notifies; input goes to the driver's
// buffers, and waits in a small FIFO while there are none. Virtio 1.2, "Console Device".

#include <vector>

#include "device/ports.h"
#include "device/virtio/virtio_device.h"

namespace recount {

class VirtioConsole final : public VirtioDevice {
 public:
  // What /sys/class/virtio-ports/*/name says in a Linux guest.
  static constexpr const char* kRecorderPortName = "org.recount.0";

  VirtioConsole(Ram& guest_ram, ConsolePort& console)
      : VirtioDevice(guest_ram, VirtioType::kConsole, kQueues), console_(console) {}

  // False for a restored state that no console comes to.
  bool possible() const;
  // Bytes that receive() can take now; none before there is a driver.
  size_t room() const;
  void receive(ByteView bytes);

  template <class Archive>
  void state(Archive& a) {
    transport_state(a);
    a("received", received_);
    a("control", control_);
  }

 private:
  static constexpr unsigned kQueues = 6;
  static constexpr size_t kFifoSize = 1024;
  static constexpr size_t kMostControl = 32, kMostControlBytes = 64;

  uint64_t device_features() const override;
  Bytes config_space() const override;
  void notify(unsigned queue) override;
  void forget() override {
    received_.clear();
    control_.clear();
  }
  void deliver();
  template <class Take>
  void take_output(unsigned queue, Take take);
  void hear_control(ByteView message);
  void send_control(uint32_t port, uint16_t event, uint16_t value, ByteView more = {});
  void deliver_control();

  ConsolePort& console_;
  Bytes received_;
  std::vector<Bytes> control_;  // messages to the driver that wait for a buffer
};

}  // namespace recount
