#pragma once
// The look into the current FastTlb, for whoever emits one.

#include "base/address.h"
#include "engine/x64/layout.h"

namespace recount::x64 {

// From a first entry to the second one of its slot.
inline constexpr auto kSecond = static_cast<int64_t>(FastTlb::kSecond);

// An entry's parts, from where find_entry() has put its address.
struct FastPlace {
  Mem page, addend;
};
inline FastPlace fast_place(const Gpr& entry, bool store) {
  auto table = static_cast<int32_t>(store ? offsetof(FastTlb, store) : offsetof(FastTlb, load));
  auto member = [&](size_t offset) { return asmjit::x86::qword_ptr(entry, table + static_cast<int32_t>(offset)); };
  return {member(offsetof(FastTlbEntry, page)), member(offsetof(FastTlbEntry, addend))};
}

// The slot of a guest address. entry may not be address.
inline void find_entry(Assembler& a, const Layout& l, const Gpr& entry, const Gpr& address) {
  constexpr int kEntryShift = 4;
  static_assert(sizeof(FastTlbEntry) == 1u << kEntryShift);
  a->mov(entry.r32(), address.r32());
  a->shr(entry.r32(), kPageShift - kEntryShift);
  a->and_(entry.r32(), static_cast<uint32_t>((FastTlb::kEntryCount - 1) << kEntryShift));
  a->add(entry, l.fast_tlb());
}

}  // namespace recount::x64
