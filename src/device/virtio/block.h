#pragma once
// A virtio disk. A request is only announced when the driver makes it; its data moves, and its status is
// written, when the completion event comes (device/ports.h says why). What is wrong with a request is
// answered at once, without a word to the disk. Virtio 1.2, "Block Device".

#include <string>
#include <vector>

#include "device/ports.h"
#include "device/virtio/virtio_device.h"

namespace recount {

class VirtioBlock final : public VirtioDevice {
 public:
  // index: the disk's number, for its serial number of 20 characters.
  VirtioBlock(Ram& ram, BlockPort& port, unsigned index);

  // The event's effect. A request that a reset has made the device forget is none: nothing happens.
  void complete(uint64_t serial, DiskStatus status);
  bool pending(uint64_t serial) const { return find(serial) != pending_.size(); }
  // Announces again whatever waits for its completion: there is a new session, which knows of none.
  void restart();

  template <class Archive>
  void state(Archive& a) {
    transport_state(a);
    a("next_serial", next_serial_);
    a("pending", pending_);
  }

 private:
  struct Pending {
    BlockRequest request;
    uint16_t head = 0;
    template <class Archive>
    void state(Archive& a) {
      a("serial", request.serial);
      a("op", request.op);
      a("sector", request.sector);
      a("sector_count", request.sector_count);
      a("head", head);
    }
  };
  // The status byte that answers a request right now, or that the request is sound and for the disk.
  enum class Verdict : uint8_t { kOk = 0, kIoError = 1, kUnsupported = 2, kForTheDisk, kIdentify };
  struct Parsed {
    Verdict verdict = Verdict::kIoError;
    BlockRequest request;  // without serial; if kForTheDisk
  };

  uint64_t device_features() const override;
  Bytes config_space() const override;
  void notify(unsigned queue) override;
  void forget() override { pending_.clear(); }

  size_t find(uint64_t serial) const;
  Parsed parse(const Chain& chain) const;
  Parsed parse_range(const Chain& chain, BlockOp op) const;
  bool in_range(uint64_t sector, uint64_t sector_count) const;
  void begin(uint16_t head, const Chain& chain);
  void identify(uint16_t head, const Chain& chain);
  void answer(uint16_t head, const Chain& chain, Verdict verdict, uint64_t data_bytes);
  void move_data(const BlockRequest& request, const Chain& chain);

  BlockPort& port_;
  const std::string name_;
  uint64_t next_serial_ = 0;  // never reset: it names requests since power-on
  std::vector<Pending> pending_;
};

}  // namespace recount
