#pragma once
// A split virtqueue as the device sees it. Everything in it was written by the guest: each index, address and
// length is checked, chains are bounded, and what cannot be right is a BrokenQueue, after which the device
// asks for a reset. Keeps no pointer into guest memory. Virtio 1.2, "Split Virtqueues".

#include <array>
#include <cstdint>
#include <expected>
#include <vector>

#include "memory/ram.h"

namespace recount {

// The guest's queue makes no sense.
struct BrokenQueue {};

// Bytes of guest memory, all inside RAM.
struct Segment {
  Gpa gpa{};
  uint32_t size_bytes = 0;
};

uint64_t total_bytes(const std::vector<Segment>& segments);

// One request: what the driver wrote, and where the device may write.
struct Chain {
  std::vector<Segment> readable, writable;
};

// Walks the bytes of segments in order. The caller asks for no more than remain (CHECKed).
class SegmentCursor {
 public:
  explicit SegmentCursor(const std::vector<Segment>& segments) : segments_(segments) {}
  void skip(uint64_t size_bytes);
  void read(const Ram& ram, std::span<uint8_t> out);
  void write(Ram& ram, ByteView bytes);

 private:
  template <class Move>
  void advance(uint64_t size_bytes, Move move);

  const std::vector<Segment>& segments_;
  size_t index_ = 0;
  uint32_t offset_ = 0;  // inside of segments_[index_]
};

class Virtqueue {
 public:
  static constexpr uint16_t kMaxSize = 256;
  // Of one chain, an indirect table counted by its entries.
  static constexpr size_t kMaxSegments = 256;

  bool ready() const { return ready_; }
  uint16_t size() const { return size_; }

  // What the driver configures while the queue is not ready. A size that cannot be leaves the old one.
  void set_size(uint32_t size);
  enum class Area : uint8_t { kDescriptors, kDriver, kDevice };
  enum class Half : uint8_t { kLow, kHigh };
  void set_address(Area area, Half half, uint32_t value);
  // Misaligned addresses leave it not ready. Both indices start again at zero.
  void start();
  void stop() { ready_ = false; }
  void reset() { *this = {}; }

  // How many chains the driver has made available and nobody has taken.
  std::expected<uint16_t, BrokenQueue> available(const Ram& ram) const;
  // The head of the oldest of them. There must be one: available() > 0.
  std::expected<uint16_t, BrokenQueue> take(const Ram& ram);
  std::expected<Chain, BrokenQueue> walk(const Ram& ram, uint16_t head) const;
  // Gives the chain back, with so many bytes written to it. Whether the driver wants an interrupt.
  std::expected<bool, BrokenQueue> give_back(Ram& ram, uint16_t head, uint32_t written_bytes);

  template <class Archive>
  void state(Archive& a) {
    a("ready", ready_);
    a("size", size_);
    a("addresses", addresses_);
    a("next_available", next_available_);
    a("next_used", next_used_);
  }

 private:
  // A restored size is as little to be trusted as a driver's.
  bool sane() const { return ready_ && size_ != 0 && size_ <= kMaxSize && (size_ & (size_ - 1)) == 0; }
  Gpa area(Area which) const { return Gpa{addresses_[static_cast<size_t>(which)]}; }

  bool ready_ = false;
  uint16_t size_ = 0;
  std::array<uint64_t, 3> addresses_{};
  uint16_t next_available_ = 0;
  uint16_t next_used_ = 0;
};

}  // namespace recount
