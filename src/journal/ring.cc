#include "journal/ring.h"

#include <algorithm>
#include <new>

#include "base/check.h"
#include "base/paranoid.h"

namespace recount {
namespace {

constexpr uint64_t kControlBytes = 4096;
static_assert(sizeof(RingControl) <= kControlBytes);
static_assert(std::atomic<uint64_t>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

}  // namespace

Result<std::unique_ptr<Ring>> Ring::create() {
  auto memory = TRY(SharedMemory::create("recount-journal", kControlBytes + kRingBytes));
  new (memory->data()) RingControl;
  return std::unique_ptr<Ring>(new Ring(std::move(memory)));
}

Result<std::unique_ptr<Ring>> Ring::attach(Fd fd) {
  auto memory = TRY(SharedMemory::attach(std::move(fd), kControlBytes + kRingBytes));
  return std::unique_ptr<Ring>(new Ring(std::move(memory)));
}

Ring::Ring(std::unique_ptr<SharedMemory> memory)
    : memory_(std::move(memory)),
      control_(std::launder(reinterpret_cast<RingControl*>(memory_->data()))),
      data_(memory_->data() + kControlBytes) {}

uint64_t Ring::floor() const {
  return std::min(control_->consumed.load(std::memory_order_acquire),
                  control_->pinned.load(std::memory_order_acquire));
}

bool Ring::write(ByteView bytes) {
  if (control_->lost.load(std::memory_order_relaxed)) return false;
  uint64_t head = control_->head.load(std::memory_order_relaxed);
  uint64_t oldest = std::max(floor(), control_->spooled.load(std::memory_order_acquire));
  if (head - std::min(oldest, head) + bytes.size() > kRingBytes) {
    control_->lost.store(true, std::memory_order_release);
    return false;
  }
  uint64_t at = head % kRingBytes, first = std::min<uint64_t>(bytes.size(), kRingBytes - at);
  std::copy_n(bytes.begin(), first, data_ + at);
  std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(first), bytes.end(), data_);
  control_->head.store(head + bytes.size(), std::memory_order_release);
  if constexpr (kParanoid) {
    Bytes copy(bytes.size());
    auto size = read(head, copy);  // nothing, if it has been consumed already
    CHECK(!size || (*size == copy.size() && std::ranges::equal(copy, bytes)));
  }
  return true;
}

std::optional<size_t> Ring::read(uint64_t offset, std::span<uint8_t> out) const {
  auto overtaken = [&] {
    // What the writer may use again: everything below the floor or the spool.
    return offset < std::max(floor(), control_->spooled.load(std::memory_order_acquire));
  };
  if (overtaken()) return std::nullopt;
  uint64_t head = control_->head.load(std::memory_order_acquire);
  if (head <= offset || head - offset > kRingBytes) return 0;
  size_t size = std::min<uint64_t>(out.size(), head - offset);
  uint64_t at = offset % kRingBytes, first = std::min<uint64_t>(size, kRingBytes - at);
  std::copy_n(data_ + at, first, out.begin());
  std::copy_n(data_, size - first, out.begin() + static_cast<std::ptrdiff_t>(first));
  std::atomic_thread_fence(std::memory_order_acquire);
  if (overtaken()) return std::nullopt;
  return size;
}

}  // namespace recount
