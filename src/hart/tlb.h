#pragma once
// A software TLB: virtual page and context -> host page. Coherent by construction (the Mmu drops what
// a store to a page table changes), so architecturally invisible, and never captured.

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/address.h"

namespace recount {

// What a translation depends on beside the address: the root and the mode. 12 bits, chosen by the Mmu.
using TlbContext = uint32_t;

struct TlbEntry {
  uint64_t tag = ~0ull;
  uintptr_t addend = 0;  // host address = addend + virtual address
};

class Tlb {
 public:
  static constexpr unsigned kIndexBits = 9;  // of the leaf table: so one PTE reaches few slots
  static constexpr unsigned kWayBits = 3;    // hashed from the rest, against aliasing
  static constexpr size_t kEntryCount = 1u << (kIndexBits + kWayBits);

  static uint64_t tag_of(uint64_t va, TlbContext context) {
    return (va >> kPageShift) | static_cast<uint64_t>(context) << 52;
  }

  const TlbEntry& slot(uint64_t tag) const { return entries_[index_of(tag)]; }
  void fill(uint64_t tag, uintptr_t addend) { entries_[index_of(tag)] = {tag, addend}; }

  void flush() { entries_.fill({}); }
  // Everything that the last-level entry with this index may have filled.
  void drop_leaf_index(uint64_t leaf_index) {
    for (uint64_t way = 0; way < (1u << kWayBits); ++way) entries_[leaf_index | way << kIndexBits] = {};
  }
  // Every entry that reaches this host page.
  void drop_host_page(const uint8_t* page) {
    for (TlbEntry& e : entries_) {
      uintptr_t va_page = e.tag << kPageShift;
      if (e.tag != ~0ull && ((e.addend + va_page) & ~kPageMask) == reinterpret_cast<uintptr_t>(page)) e = {};
    }
  }

 private:
  static size_t index_of(uint64_t tag) {
    uint64_t low = tag & ((1u << kIndexBits) - 1);
    uint64_t way = ((tag >> kIndexBits) * 0x9e3779b97f4a7c15ull) >> (64 - kWayBits);
    return low | way << kIndexBits;
  }

  std::array<TlbEntry, kEntryCount> entries_{};
};

}  // namespace recount
