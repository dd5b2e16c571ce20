#pragma once
// How the Mmu spells a TlbContext: the slot of a root, and one of 16 modes. M-mode, which translates nothing, has one for
// all roots.

#include "hart/tlb.h"

namespace recount::tlb_context {

inline constexpr unsigned kModeBits = 4;
inline constexpr size_t kRootSlots = 255;  // slot 255 is left out: it could spell the empty tag
// The mode: U (0), S, S that may reach user pages, or M; and MXR beside it.
inline constexpr TlbContext kSupervisor = 1, kSum = 2, kMachine = 3, kMxr = 4;

inline constexpr size_t root_slot(TlbContext context) { return context >> kModeBits; }
inline constexpr TlbContext mode(TlbContext context) { return context & 3; }
inline constexpr bool has_mxr(TlbContext context) { return (context & kMxr) != 0; }

}  // namespace recount::tlb_context
