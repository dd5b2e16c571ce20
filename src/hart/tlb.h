#pragma once
// A software TLB: virtual page and context -> host page. Coherent by construction (the Mmu drops what
// a store to a page table changes), so architecturally invisible, and never captured.

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/address.h"
#include "hart/filled_slots.h"

namespace recount {

// What a translation depends on beside the address: the root and the mode. 12 bits, chosen by the Mmu.
using TlbContext = uint32_t;
inline constexpr unsigned kTlbContextBits = 12;

struct TlbEntry {
  static constexpr uint64_t kEmpty = ~0ull;

  uint64_t tag = kEmpty;
  uintptr_t addend = 0;  // host address = addend + virtual address

  bool empty() const { return tag == kEmpty; }
  uint64_t page() const { return tag << kPageShift; }
  unsigned half() const { return static_cast<unsigned>(page() >> 63); }
  uintptr_t host_page() const { return addend + page(); }
};

class Tlb {
 public:
  static constexpr unsigned kIndexBits = 9;  // of the leaf table: so one PTE reaches few slots
  static constexpr unsigned kWayBits = 5;    // of the page number above that
  static constexpr size_t kWayCount = 1u << kWayBits;
  static constexpr size_t kEntryCount = 1u << (kIndexBits + kWayBits);
  static constexpr uint64_t kContextSpread = 11;  // ways from one context's slot for a page to the next one's

  static uint64_t tag_of(uint64_t va, TlbContext context) {
    return (va >> kPageShift) | static_cast<uint64_t>(context) << (64 - kTlbContextBits);
  }
  static TlbContext context_of(uint64_t tag) {
    return static_cast<TlbContext>(tag >> (64 - kTlbContextBits));
  }
  static size_t slot_of(uint64_t tag) {
    uint64_t low = tag & ((1u << kIndexBits) - 1);
    // What lies side by side, up to 64 MiB of it, never shares a slot; contexts are spread.
    uint64_t way = ((tag >> kIndexBits) + context_of(tag) * kContextSpread) & (kWayCount - 1);
    return slot_of_leaf_index(low, way);
  }
  // Every page that the last-level entry with this index maps is in one of these. They lie side by side: they are dropped
  // together.
  static size_t slot_of_leaf_index(uint64_t leaf_index, size_t way) { return leaf_index << kWayBits | way; }

  const TlbEntry& operator[](size_t slot) const { return entries_[slot]; }
  const TlbEntry* entries() const { return entries_.data(); }
  void fill(size_t slot, const TlbEntry& entry) {
    entries_[slot] = entry;
    filled_[entry.half()].add(slot);
  }
  void drop(size_t slot) { entries_[slot] = {}; }
  void flush() {
    for (auto& filled : filled_) {
      filled.each([this](size_t slot) { entries_[slot] = {}; });
      filled.clear();
    }
  }
  // Names each slot that holds an entry for that half of the address space, and may name others.
  template <class Visit>
  void each_filled(unsigned half, Visit visit) const {
    filled_[half].each(visit);
  }
  // False if no page that the last-level entry with this index maps is here.
  bool may_hold_leaf_index(uint64_t leaf_index) const {
    size_t first = slot_of_leaf_index(leaf_index, 0);
    return filled_[0].any(first, kWayCount) || filled_[1].any(first, kWayCount);
  }
  // Nothing of that half is here any more.
  void forget_half(unsigned half) { filled_[half].clear(); }

 private:
  std::array<TlbEntry, kEntryCount> entries_{};
  std::array<FilledSlots<kEntryCount>, 2> filled_;  // by half
};

}  // namespace recount
