#pragma once
// What translated code looks guest addresses up in, inline: one data context's pages, direct-mapped. Filled
// and emptied by the Mmu only (FastTlbPool); an entry promises all that the Tlb's entry for the same page
// does.

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

  std::array<FastTlbEntry, kEntryCount> load{};
  std::array<FastTlbEntry, kEntryCount> store{};
};

}  // namespace recount
