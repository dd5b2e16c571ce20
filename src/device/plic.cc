#include "device/plic.h"

#include <bit>

namespace recount {
namespace {

constexpr uint64_t kPending = 0x1000, kEnable = 0x2000, kEnableStride = 0x80;
constexpr uint64_t kContext = 0x200000, kContextStride = 0x1000;
constexpr uint32_t kPriorityMask = 7;

}  // namespace

bool Plic::listens(unsigned context) const {
  const Context& c = contexts_[context];
  for (unsigned source = 1; source < kSources; ++source) {
    if ((c.enabled[source / 32] >> source % 32 & 1) != 0 && priority_[source] > c.threshold) return true;
  }
  return false;
}

// The pending and enabled source of highest priority above the threshold; the lowest number breaks ties.
unsigned Plic::best(const Context& c) const {
  unsigned found = 0;
  uint32_t found_priority = c.threshold;
  for (unsigned w = 0; w < kWords; ++w) {
    for (uint32_t bits = pending_word(w) & c.enabled[w]; bits != 0; bits &= bits - 1) {
      unsigned source = 32 * w + static_cast<unsigned>(std::countr_zero(bits));
      if (priority_[source] > found_priority) {
        found = source;
        found_priority = priority_[source];
      }
    }
  }
  return found;
}

uint32_t Plic::claim(const Context& c) {
  unsigned source = best(c);
  if (source != 0) claimed_[source / 32] |= 1u << (source % 32);
  return source;
}

void Plic::complete(uint32_t source) {
  if (source < kSources) claimed_[source / 32] &= ~(1u << (source % 32));
}

uint64_t Plic::mmio_read(uint64_t offset, unsigned size_bytes) {
  if (size_bytes != 4) return 0;
  if (offset < 4 * kSources) return priority_[offset / 4];
  if (offset >= kPending && offset < kPending + 4 * kWords) return pending_word(static_cast<unsigned>(offset - kPending) / 4);
  if (offset >= kContext) {
    uint64_t context = (offset - kContext) / kContextStride;
    if (context >= contexts_.size()) return 0;
    switch (offset % kContextStride) {
      case 0: return contexts_[context].threshold;
      case 4: return claim(contexts_[context]);
      default: return 0;
    }
  }
  if (offset >= kEnable) {
    uint64_t context = (offset - kEnable) / kEnableStride, word = (offset - kEnable) % kEnableStride / 4;
    if (context < contexts_.size() && word < kWords) return contexts_[context].enabled[word];
  }
  return 0;
}

void Plic::mmio_write(uint64_t offset, unsigned size_bytes, uint64_t value) {
  if (size_bytes != 4) return;
  auto v = static_cast<uint32_t>(value);
  if (offset < 4 * kSources) {
    if (offset != 0) priority_[offset / 4] = v & kPriorityMask;
  } else if (offset >= kContext) {
    uint64_t context = (offset - kContext) / kContextStride;
    if (context >= contexts_.size()) return;
    if (offset % kContextStride == 0) contexts_[context].threshold = v & kPriorityMask;
    if (offset % kContextStride == 4) complete(v);
  } else if (offset >= kEnable) {
    uint64_t context = (offset - kEnable) / kEnableStride, word = (offset - kEnable) % kEnableStride / 4;
    if (context < contexts_.size() && word < kWords) contexts_[context].enabled[word] = word == 0 ? v & ~1u : v;
  }
}

}  // namespace recount
