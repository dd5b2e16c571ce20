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
  uintptr_t host_page() const { return addend + page(); }
};

class Tlb {
 public:
  static constexpr unsigned kIndexBits = 9;  // of the leaf table: so one PTE reaches few slots
  static constexpr unsigned kWayBits = 5;    // hashed from the rest, against aliasing
  static constexpr size_t kWayCount = 1u << kWayBits;
  static constexpr size_t kEntryCount = 1u << (kIndexBits + kWayBits);

  static uint64_t tag_of(uint64_t va, TlbContext context) {
    return (va >> kPageShift) | static_cast<uint64_t>(context) << (64 - kTlbContextBits);
  }
  static TlbContext context_of(uint64_t tag) {
    return static_cast<TlbContext>(tag >> (64 - kTlbContextBits));
  }
  static size_t slot_of(uint64_t tag) {
    uint64_t low = tag & ((1u << kIndexBits) - 1);
    uint64_t way = ((tag >> kIndexBits) * 0x9e3779b97f4a7c15ull) >> (64 - kWayBits);
    return slot_of_leaf_index(low, way);
  }
  // Every page that the last-level entry with this index maps is in one of these. They lie side by side: they are dropped
  // together.
  static size_t slot_of_leaf_index(uint64_t leaf_index, size_t way) { return leaf_index << kWayBits | way; }

  const TlbEntry& operator[](size_t slot) const { return entries_[slot]; }
  void fill(size_t slot, const TlbEntry& entry) {
    entries_[slot] = entry;
    filled_.add(slot);
  }
  void drop(size_t slot) { entries_[slot] = {}; }
  void flush() {
    filled_.each([this](size_t slot) { entries_[slot] = {}; });
    filled_.clear();
  }
  // Names each slot that holds an entry, and may name empty ones.
  template <class Visit>
  void each_filled(Visit visit) const {
    filled_.each(visit);
  }

 private:
  std::array<TlbEntry, kEntryCount> entries_{};
  FilledSlots<kEntryCount> filled_;
};

}  // namespace recount
