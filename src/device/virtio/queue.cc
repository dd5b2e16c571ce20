#include "device/virtio/queue.h"

#include <algorithm>

#include "base/check.h"

namespace recount {
namespace {

constexpr uint16_t kNext = 1, kWrite = 2, kIndirect = 4;  // "The Virtqueue Descriptor Table"
constexpr uint16_t kNoInterrupt = 1;                      // "The Virtqueue Available Ring"
constexpr uint64_t kDescriptorSize = 16, kIndexOffset = 2, kRingOffset = 4, kUsedElementSize = 8;

struct Descriptor {
  Gpa gpa{};
  uint32_t size_bytes = 0;
  uint16_t flags = 0;
  uint16_t next = 0;
};

template <class T>
std::expected<T, BrokenQueue> load(const Ram& ram, Gpa gpa) {
  std::array<uint8_t, sizeof(T)> bytes;
  if (!ram.read(gpa, bytes)) return std::unexpected(BrokenQueue{});
  return load_le<T>(bytes.data());
}

template <class T>
std::expected<void, BrokenQueue> store(Ram& ram, Gpa gpa, T value) {
  std::array<uint8_t, sizeof(T)> bytes;
  store_le(bytes.data(), value);
  if (!ram.write(gpa, bytes)) return std::unexpected(BrokenQueue{});
  return {};
}

std::expected<Descriptor, BrokenQueue> load_descriptor(const Ram& ram, Gpa table, uint64_t index) {
  std::array<uint8_t, kDescriptorSize> bytes;
  if (!ram.read(table + index * kDescriptorSize, bytes)) return std::unexpected(BrokenQueue{});
  return Descriptor{.gpa = Gpa{load_le<uint64_t>(&bytes[0])},
                    .size_bytes = load_le<uint32_t>(&bytes[8]),
                    .flags = load_le<uint16_t>(&bytes[12]),
                    .next = load_le<uint16_t>(&bytes[14])};
}

// "Message Framing": what the driver wrote comes before where the device may write.
std::expected<void, BrokenQueue> add_segment(const Ram& ram, Chain& chain, const Descriptor& d) {
  bool writable = (d.flags & kWrite) != 0;
  bool misplaced = !writable && !chain.writable.empty();
  if (misplaced || d.size_bytes == 0 || !ram.contains(d.gpa, d.size_bytes))
    return std::unexpected(BrokenQueue{});
  (writable ? chain.writable : chain.readable).push_back({d.gpa, d.size_bytes});
  return {};
}

}  // namespace

uint64_t total_bytes(const std::vector<Segment>& segments) {
  uint64_t sum = 0;
  for (const Segment& s : segments) sum += s.size_bytes;
  return sum;
}

// Calls move(gpa, bytes done so far, size) for each piece.
template <class Move>
void SegmentCursor::advance(uint64_t size_bytes, Move move) {
  for (uint64_t done = 0; done < size_bytes;) {
    CHECK(index_ < segments_.size());
    const Segment& s = segments_[index_];
    uint64_t part = std::min<uint64_t>(size_bytes - done, s.size_bytes - offset_);
    move(s.gpa + offset_, done, part);
    done += part;
    offset_ += static_cast<uint32_t>(part);
    if (offset_ == s.size_bytes) {
      ++index_;
      offset_ = 0;
    }
  }
}

void SegmentCursor::skip(uint64_t size_bytes) {
  advance(size_bytes, [](Gpa, uint64_t, uint64_t) {});
}

void SegmentCursor::read(const Ram& ram, std::span<uint8_t> out) {
  advance(out.size(),
          [&](Gpa gpa, uint64_t done, uint64_t part) { CHECK(ram.read(gpa, out.subspan(done, part))); });
}

void SegmentCursor::write(Ram& ram, ByteView bytes) {
  advance(bytes.size(),
          [&](Gpa gpa, uint64_t done, uint64_t part) { CHECK(ram.write(gpa, bytes.subspan(done, part))); });
}

void Virtqueue::set_size(uint32_t size) {
  if (ready_ || size == 0 || size > kMaxSize || (size & (size - 1)) != 0) return;
  size_ = static_cast<uint16_t>(size);
}

void Virtqueue::set_address(Area which, Half half, uint32_t value) {
  if (ready_) return;
  uint64_t& address = addresses_[static_cast<size_t>(which)];
  address = half == Half::kLow ? (address & ~0xffffffffull) | value
                               : (address & 0xffffffffull) | static_cast<uint64_t>(value) << 32;
}

void Virtqueue::start() {
  constexpr std::array<uint64_t, 3> kAlignment = {16, 2, 4};
  for (size_t i = 0; i < addresses_.size(); ++i) {
    if (addresses_[i] % kAlignment[i] != 0) return;
  }
  if (ready_ || size_ == 0) return;
  ready_ = true;
  next_available_ = next_used_ = 0;
}

std::expected<uint16_t, BrokenQueue> Virtqueue::available(const Ram& ram) const {
  if (!sane()) return std::unexpected(BrokenQueue{});
  auto index = TRY(load<uint16_t>(ram, area(Area::kDriver) + kIndexOffset));
  auto count = static_cast<uint16_t>(index - next_available_);
  if (count > size_) return std::unexpected(BrokenQueue{});
  return count;
}

std::expected<uint16_t, BrokenQueue> Virtqueue::take(const Ram& ram) {
  if (!sane()) return std::unexpected(BrokenQueue{});
  uint64_t slot = next_available_ & (size_ - 1u);
  auto head = TRY(load<uint16_t>(ram, area(Area::kDriver) + kRingOffset + slot * sizeof(uint16_t)));
  if (head >= size_) return std::unexpected(BrokenQueue{});
  ++next_available_;
  return head;
}

std::expected<Chain, BrokenQueue> Virtqueue::walk(const Ram& ram, uint16_t head) const {
  if (!sane()) return std::unexpected(BrokenQueue{});
  Chain chain;
  Gpa table = area(Area::kDescriptors);
  uint64_t entries = size_;
  uint64_t index = head;
  bool inside_indirect = false;
  // Each turn takes one descriptor, so that a loop ends here at the latest.
  for (size_t turn = 0; turn < kMaxSegments + 1; ++turn) {
    if (index >= entries) return std::unexpected(BrokenQueue{});
    Descriptor d = TRY(load_descriptor(ram, table, index));
    if ((d.flags & kIndirect) != 0) {
      // "Indirect Descriptors": one level only, and the last of its chain.
      bool fits = d.size_bytes != 0 && d.size_bytes % kDescriptorSize == 0;
      if (inside_indirect || (d.flags & kNext) != 0 || !fits) return std::unexpected(BrokenQueue{});
      inside_indirect = true;
      table = d.gpa;
      entries = d.size_bytes / kDescriptorSize;
      index = 0;
      continue;
    }
    TRY(add_segment(ram, chain, d));
    if (chain.readable.size() + chain.writable.size() > kMaxSegments) break;
    if ((d.flags & kNext) == 0) return chain;
    index = d.next;
  }
  return std::unexpected(BrokenQueue{});
}

std::expected<bool, BrokenQueue> Virtqueue::give_back(Ram& ram, uint16_t head, uint32_t written_bytes) {
  if (!sane()) return std::unexpected(BrokenQueue{});
  Gpa element = area(Area::kDevice) + kRingOffset + (next_used_ & (size_ - 1u)) * kUsedElementSize;
  ++next_used_;
  // id and length, then the index that makes them visible.
  TRY(store(ram, element, static_cast<uint64_t>(written_bytes) << 32 | head));
  TRY(store(ram, area(Area::kDevice) + kIndexOffset, next_used_));
  auto flags = TRY(load<uint16_t>(ram, area(Area::kDriver)));
  return (flags & kNoInterrupt) == 0;
}

}  // namespace recount
