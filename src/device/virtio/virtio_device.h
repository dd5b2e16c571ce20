#pragma once
// The virtio-mmio transport, version 2 (no legacy interface), which every virtio device here stands on:
// registers, feature and status negotiation, the queues' places, the interrupt. Devices add what a notified
// queue means. Virtio 1.2, "Virtio Over MMIO".

#include <array>
#include <cstdint>
#include <span>

#include "device/device.h"
#include "device/virtio/queue.h"

namespace recount {

// "Device Types".
enum class VirtioType : uint32_t { kNone = 0, kNetwork = 1, kBlock = 2, kConsole = 3, kEntropy = 4 };

class VirtioDevice : public Device {
 public:
  uint64_t mmio_read(uint64_t offset, unsigned size_bytes) final;
  void mmio_write(uint64_t offset, unsigned size_bytes, uint64_t value) final;
  bool irq() const final { return interrupt_ != 0; }

 protected:
  static constexpr unsigned kMaxQueues = 6;

  VirtioDevice(Ram& ram, VirtioType type, unsigned queue_count)
      : ram_(ram), type_(type), queue_count_(queue_count) {}

  // The device's own bits, without those of transport and queues.
  static constexpr uint64_t kVersion1 = 1ull << 32;
  virtual uint64_t device_features() const { return 0; }
  // A driver that leaves one of these out is refused.
  virtual uint64_t required_features() const { return 0; }
  // The configuration space, little-endian; reads beyond its end give zeros. Nothing in it is writable.
  virtual Bytes config_space() const { return {}; }
  // The driver says that there are chains. Only while active().
  virtual void notify(unsigned queue) = 0;
  // Whatever the device remembers of its queues' chains is void: they were taken from it.
  virtual void forget() {}

  // The driver is ready and the device not broken: only then may it touch queues.
  bool active() const;
  Virtqueue& queue(unsigned index) { return queues_[index]; }
  const Virtqueue& queue(unsigned index) const { return queues_[index]; }
  Ram& ram() { return ram_; }
  const Ram& ram() const { return ram_; }

  // Gives a chain back and raises the interrupt if the driver wants one; breaks the device if it cannot.
  void give_back(unsigned queue, uint16_t head, uint32_t written_bytes);
  // "Basic Facilities of a Virtio Device", DEVICE_NEEDS_RESET: nothing more happens until the driver resets.
  void break_device();
  // Calls serve(head, chain) for every chain available now, as long as more() says so. serve() may break the
  // device, which ends it.
  template <class More, class Serve>
  void serve_available(unsigned index, More more, Serve serve) {
    auto count = queues_[index].available(ram_);
    if (!count) return break_device();
    // Counted once: the device's own DMA could move the driver's index on for ever.
    for (uint16_t left = *count; left > 0 && active() && more(); --left) {
      auto head = queues_[index].take(ram_);
      if (!head) return break_device();
      auto chain = queues_[index].walk(ram_, *head);
      if (!chain) return break_device();
      serve(*head, *chain);
    }
  }
  template <class Serve>
  void serve_available(unsigned index, Serve serve) {
    serve_available(
        index, [] { return true; }, serve);
  }

  template <class Archive>
  void transport_state(Archive& a) {
    a("status", status_);
    a("interrupt", interrupt_);
    a("device_features_select", device_features_select_);
    a("driver_features_select", driver_features_select_);
    a("driver_features", driver_features_);
    a("queue_select", queue_select_);
    a("config_generation", config_generation_);
    a("queues", queues_);
  }

 private:
  uint64_t offered_features() const;
  uint32_t read_register(uint64_t offset) const;
  uint64_t read_config(uint64_t offset, unsigned size_bytes) const;
  void write_register(uint64_t offset, uint32_t value);
  void write_queue_register(uint64_t offset, uint32_t value);
  void set_status(uint32_t value);
  void reset();

  Ram& ram_;
  const VirtioType type_;
  const unsigned queue_count_;
  uint32_t status_ = 0;
  uint32_t interrupt_ = 0;
  uint32_t device_features_select_ = 0, driver_features_select_ = 0;
  uint64_t driver_features_ = 0;
  uint32_t queue_select_ = 0;
  uint32_t config_generation_ = 0;
  std::array<Virtqueue, kMaxQueues> queues_;
};

// A slot without a device: the identification registers answer, with a device id of 0, as the specification
// wants it ("MMIO Device Register Layout", DeviceID).
class EmptyVirtioSlot final : public MmioDevice {
 public:
  uint64_t mmio_read(uint64_t offset, unsigned size_bytes) override;
  void mmio_write(uint64_t, unsigned, uint64_t) override {}
};

}  // namespace recount
