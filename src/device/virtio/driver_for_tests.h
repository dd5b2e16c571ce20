#pragma once
// For tests: a driver of virtio devices, and guest RAM for both. It can also do what no driver should: every
// descriptor and index is open to be spoilt.

#include <optional>
#include <vector>

#include "base/check.h"
#include "device/virtio/virtio_device.h"

namespace recount::testing {

inline constexpr Gpa kRamBase{0x80000000};
inline constexpr uint16_t kNext = 1, kWrite = 2, kIndirect = 4;

struct Descriptor {
  Gpa gpa{};
  uint32_t size_bytes = 0;
  uint16_t flags = 0;
  uint16_t next = 0;
};
struct Used {
  uint32_t head = 0;
  uint32_t written_bytes = 0;
  bool operator==(const Used&) const = default;
};

inline std::unique_ptr<Ram> make_ram(uint64_t size_bytes = 2 << 20) {
  auto ram = Ram::create(kRamBase, size_bytes);
  CHECK(ram.has_value());
  return std::move(*ram);
}

class Driver {
 public:
  static constexpr uint16_t kQueueSize = 16;
  // Where a queue's parts lie, and where buffers may.
  static Gpa descriptors(unsigned q) { return kRamBase + q * 0x4000; }
  static Gpa available_ring(unsigned q) { return kRamBase + q * 0x4000 + 0x1000; }
  static Gpa used_ring(unsigned q) { return kRamBase + q * 0x4000 + 0x2000; }
  static Gpa buffer(uint64_t n = 0) { return kRamBase + 0x100000 + n * 0x1000; }

  Driver(MmioDevice& device, Ram& ram) : device_(device), ram_(ram) {}
  // Goes on as other, with a device and memory in the same state.
  Driver(const Driver& other, MmioDevice& device, Ram& ram)
      : device_(device), ram_(ram), next_descriptor_(other.next_descriptor_), available_(other.available_), seen_(other.seen_) {}

  uint32_t get(uint64_t reg) { return static_cast<uint32_t>(device_.mmio_read(reg, 4)); }
  void set(uint64_t reg, uint64_t value) { device_.mmio_write(reg, 4, value); }
  uint32_t status() { return get(0x70); }
  bool needs_reset() { return (status() & 64) != 0; }
  uint64_t features() {
    set(0x14, 1);
    uint64_t high = get(0x10);
    set(0x14, 0);
    return high << 32 | get(0x10);
  }

  // "Device Initialization", with everything the device offers.
  void start(unsigned queues, uint16_t queue_size = kQueueSize) {
    set(0x70, 0);
    set(0x70, 3);
    uint64_t offered = features();
    set(0x24, 0);
    set(0x20, offered & 0xffffffff);
    set(0x24, 1);
    set(0x20, offered >> 32);
    set(0x70, 11);
    CHECK(status() == 11);
    next_descriptor_ = 0;
    available_.assign(queues, 0);
    seen_.assign(queues, 0);
    for (unsigned q = 0; q < queues; ++q) {
      put<uint32_t>(available_ring(q), 0);
      put<uint32_t>(used_ring(q), 0);
      start_queue(q, queue_size);
    }
    set(0x70, 15);
  }
  void start_queue(unsigned q, uint16_t queue_size) {
    set(0x30, q);
    set(0x38, queue_size);
    for (auto [reg, gpa] :
         {std::pair{0x80u, descriptors(q)}, {0x90u, available_ring(q)}, {0xa0u, used_ring(q)}}) {
      set(reg, raw(gpa) & 0xffffffff);
      set(reg + 4, raw(gpa) >> 32);
    }
    set(0x44, 1);
  }

  template <class T>
  void put(Gpa gpa, T value) {
    std::array<uint8_t, sizeof(T)> bytes;
    store_le(bytes.data(), value);
    CHECK(ram_.write(gpa, bytes));
  }
  template <class T>
  T at(Gpa gpa) {
    std::array<uint8_t, sizeof(T)> bytes;
    CHECK(ram_.read(gpa, bytes));
    return load_le<T>(bytes.data());
  }
  Bytes bytes_at(Gpa gpa, size_t size) {
    Bytes bytes(size);
    CHECK(ram_.read(gpa, bytes));
    return bytes;
  }

  void put_descriptor(Gpa table, uint16_t index, const Descriptor& d) {
    Gpa gpa = table + index * 16u;
    put(gpa, raw(d.gpa));
    put(gpa + 8, d.size_bytes);
    put(gpa + 12, d.flags);
    put(gpa + 14, d.next);
  }
  // Links the descriptors, makes the chain available, and says which head it has. Does not notify.
  uint16_t add(unsigned q, std::vector<Descriptor> chain) {
    uint16_t head = next_descriptor_;
    for (size_t i = 0; i < chain.size(); ++i) {
      auto index = static_cast<uint16_t>((head + i) % kQueueSize);
      if (i + 1 < chain.size()) {
        chain[i].flags |= kNext;
        chain[i].next = static_cast<uint16_t>((index + 1) % kQueueSize);
      }
      put_descriptor(descriptors(q), index, chain[i]);
    }
    next_descriptor_ = static_cast<uint16_t>((head + chain.size()) % kQueueSize);
    publish(q, head);
    return head;
  }
  void publish(unsigned q, uint16_t head) {
    put(available_ring(q) + 4 + (available_[q] % kQueueSize) * 2u, head);
    put(available_ring(q) + 2, ++available_[q]);
  }
  void notify(unsigned q) { set(0x50, q); }

  // The oldest chain given back that nobody has looked at.
  std::optional<Used> used(unsigned q) {
    if (at<uint16_t>(used_ring(q) + 2) == seen_[q]) return std::nullopt;
    Gpa element = used_ring(q) + 4 + (seen_[q]++ % kQueueSize) * 8u;
    return Used{at<uint32_t>(element), at<uint32_t>(element + 4)};
  }

 private:
  MmioDevice& device_;
  Ram& ram_;
  uint16_t next_descriptor_ = 0;
  std::vector<uint16_t> available_, seen_;
};

}  // namespace recount::testing
