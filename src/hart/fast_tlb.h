#pragma once
// What translated code looks guest addresses up in, inline: one data context's pages. Each slot has a first entry, which
// the fast path compares, and a second one, which is looked at when that fails: so two pages that share a slot and are used
// in turns do not push each other out. Emptied by the Mmu only (FastTlbPool), filled by it and by translated code; an entry
// promises all that the Tlb's entry for the same page does.

#include <array>
#include <cstddef>
#include <cstdint>

namespace recount {

// Aligned, so that no entry straddles two cache lines.
struct alignas(16) FastTlbEntry {
  uint64_t page = ~0ull;  // virtual address of the page; ~0: empty
  uintptr_t addend = 0;   // host address = addend + virtual address
};

struct FastTlb {
  static constexpr unsigned kIndexBits = 8;  // the low bits of the virtual page number
  static constexpr size_t kEntryCount = 1u << kIndexBits;

  using Side = std::array<FastTlbEntry, kEntryCount>;
  // From an entry of a first side to the second's of the same slot.
  static constexpr size_t kSecond = sizeof(Side);

  Side load{}, load_second{};
  Side store{}, store_second{};
};

}  // namespace recount
