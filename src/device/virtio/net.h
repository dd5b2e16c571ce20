#pragma once
// A virtio network device without offloads: one queue of frames each way. A frame that the driver sends leaves as soon as
// it notifies; one that arrives is written to a buffer at once, and is nobody's if there is none. Virtio 1.2, "Network Device".

#include "device/mac_address.h"
#include "device/ports.h"
#include "device/virtio/virtio_device.h"

namespace recount {

class VirtioNet final : public VirtioDevice {
 public:
  VirtioNet(Ram& guest_ram, PacketPort& network, const MacAddress& mac)
      : VirtioDevice(guest_ram, VirtioType::kNetwork, 2), network_(network), mac_(mac) {}

  // The driver has begun: until then nobody listens, and frames go by.
  bool listens() const { return active() && queue(kReceiveQueue).ready(); }
  // Frames that receive() can take now.
  size_t room() const;
  // A frame of kLeastFrame to kMostFrame bytes.
  void receive(ByteView frame);

  template <class Archive>
  void state(Archive& a) {
    transport_state(a);
  }

 private:
  static constexpr unsigned kReceiveQueue = 0, kTransmitQueue = 1;  // "Virtqueues"

  uint64_t device_features() const override;
  // Without it, a frame's header has no num_buffers: "Legacy Interface: Device Operation".
  uint64_t required_features() const override { return kVersion1; }
  Bytes config_space() const override;
  void notify(unsigned queue) override;

  PacketPort& network_;
  const MacAddress mac_;
};

}  // namespace recount
