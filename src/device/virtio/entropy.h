#pragma once
// A virtio entropy source: every buffer the driver gives is filled at once. Virtio 1.2, "Entropy Device".

#include "device/ports.h"
#include "device/virtio/virtio_device.h"

namespace recount {

class VirtioEntropy final : public VirtioDevice {
 public:
  VirtioEntropy(Ram& guest_ram, EntropyPort& source)
      : VirtioDevice(guest_ram, VirtioType::kEntropy, 1), source_(source) {}

  template <class Archive>
  void state(Archive& a) {
    transport_state(a);
  }

 private:
  void notify(unsigned queue) override;

  EntropyPort& source_;
};

}  // namespace recount
