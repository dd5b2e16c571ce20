#pragma once
// By which slots of the store Tlb a host page is reached, well enough to find them without looking through
// all. Pages share buckets: a bucket may speak of another page's slots too, but never leaves one out.

#include <array>
#include <cstdint>

#include "base/address.h"
#include "hart/filled_slots.h"

namespace recount {

class FrameReach {
 public:
  struct Bucket {
    uint16_t count = 0;     // of slots
    uint16_t slot_xor = 0;  // of all of them: when there is one, itself
  };

  Bucket bucket(uintptr_t host_page) const { return buckets_[index_of(host_page)]; }
  void add(uintptr_t host_page, size_t slot) {
    size_t index = index_of(host_page);
    ++buckets_[index].count;
    flip(index, slot);
    filled_.add(index);
  }
  void remove(uintptr_t host_page, size_t slot) {
    size_t index = index_of(host_page);
    --buckets_[index].count;
    flip(index, slot);
  }
  void clear() {
    filled_.each([this](size_t index) { buckets_[index] = {}; });
    filled_.clear();
  }

 private:
  static constexpr size_t kBucketCount = 32768;  // twice the Tlb's entries

  static size_t index_of(uintptr_t host_page) { return host_page >> kPageShift & (kBucketCount - 1); }
  void flip(size_t index, size_t slot) {
    buckets_[index].slot_xor = static_cast<uint16_t>(buckets_[index].slot_xor ^ slot);
  }

  std::array<Bucket, kBucketCount> buckets_{};
  FilledSlots<kBucketCount> filled_;
};

}  // namespace recount
