#include "hart/mmu.h"

#include "hart/host_float.h"
#include "hart/pte.h"

namespace recount {

using namespace pte;

namespace {

Cause page_fault(Access access) {
  return access == Access::kLoad ? Cause::kLoadPage : access == Access::kStore ? Cause::kStorePage : Cause::kFetchPage;
}
Cause access_fault(Access access) {
  return access == Access::kLoad    ? Cause::kLoadAccess
         : access == Access::kStore ? Cause::kStoreAccess
                                    : Cause::kFetchAccess;
}
std::unexpected<Trap> trap(Cause cause, uint64_t tval) { return std::unexpected(Trap{cause, tval}); }

uint8_t table_flags(int level, uint64_t va) {
  return static_cast<uint8_t>((level == 0 ? kFramePageTable : kFrameUpperTable) |
                              (va >> 63 == 0 ? kFrameLowHalf : kFrameHighHalf));
}

bool crosses_page(uint64_t va, unsigned size_bytes) { return (va & kPageMask) + size_bytes > kPageSize; }

}  // namespace

Mmu::Mmu(HartState& hart, Ram& ram, Bus& bus, Caching caching)
    : hart_(hart), ram_(ram), bus_(bus), caching_(caching), roots_{{0, 0}} {
  update_context();
}

Privilege Mmu::data_privilege() const {
  if ((hart_.mstatus & mstatus::kMprv) != 0 && hart_.privilege == Privilege::kMachine) {
    return static_cast<Privilege>((hart_.mstatus & mstatus::kMpp) >> mstatus::kMppShift);
  }
  return hart_.privilege;
}

std::expected<uint64_t, Trap> Mmu::walk(uint64_t va, Access access, Privilege privilege) {
  // Privileged spec, "Virtual Address Translation Process"; the walker sets A and D itself (Svadu): a
  // fault here would depend on what the TLB held, and caches must stay invisible.
  int levels = hart_.satp >> satp::kModeShift == satp::kSv48 ? 4 : 3;
  unsigned va_bits = 12 + 9 * static_cast<unsigned>(levels);
  int64_t extended = static_cast<int64_t>(va << (64 - va_bits)) >> (64 - va_bits);
  if (static_cast<uint64_t>(extended) != va) return trap(page_fault(access), va);

  uint64_t table = (hart_.satp & satp::kPpnMask) << kPageShift;
  for (int level = levels - 1; level >= 0; --level) {
    unsigned shift = 12 + 9 * static_cast<unsigned>(level);
    Gpa pte_gpa{table + ((va >> shift) & 511) * 8};
    if (!ram_.contains(pte_gpa, 8) || !pmp_allows(hart_, raw(pte_gpa), 8, Access::kLoad, Privilege::kSupervisor)) {
      return trap(access_fault(access), va);
    }
    uint64_t pte = load_le<uint64_t>(ram_.host(pte_gpa));
    if ((pte & kV) == 0 || ((pte & kW) != 0 && (pte & kR) == 0) || (pte & kReservedHigh) != 0) {
      return trap(page_fault(access), va);
    }
    // A grouped root is to be nothing else: its entries' places then say which half they reach.
    if (level != levels - 1 && (ram_.flags(pte_gpa) & kFrameRoot) != 0) root_changes(pte_gpa);
    if (caching_ == Caching::kOn) mark_frame(pte_gpa, table_flags(level, va));
    uint64_t ppn = (pte & ~kReservedHigh) >> kPpnShift;
    if ((pte & (kR | kX)) == 0) {
      if (level == 0 || (pte & (kA | kD | kU)) != 0) return trap(page_fault(access), va);
      table = ppn << kPageShift;
      continue;
    }
    bool user = (pte & kU) != 0;
    bool sum = (hart_.mstatus & mstatus::kSum) != 0;
    bool mxr = (hart_.mstatus & mstatus::kMxr) != 0;
    bool allowed = access == Access::kFetch  ? (pte & kX) != 0
                   : access == Access::kLoad ? (pte & kR) != 0 || (mxr && (pte & kX) != 0)
                                             : (pte & kW) != 0;
    if (privilege == Privilege::kUser && !user) allowed = false;
    if (privilege == Privilege::kSupervisor && user && (access == Access::kFetch || !sum)) allowed = false;
    uint64_t offset_mask = (1ull << shift) - 1;
    bool misaligned_superpage = (ppn << kPageShift & offset_mask) != 0;
    if (!allowed || misaligned_superpage) return trap(page_fault(access), va);

    uint64_t updated = pte | kA | (access == Access::kStore ? kD : 0);
    if (updated != pte) {
      if (!pmp_allows(hart_, raw(pte_gpa), 8, Access::kStore, Privilege::kSupervisor)) {
        return trap(access_fault(access), va);
      }
      // A or D becoming set takes nothing away from what is cached: only dirtiness is to be noted, and
      // code that lies in the same frame.
      uint8_t& flags = ram_.flags(pte_gpa);
      if ((flags & kFrameCode) != 0) code_changes(pte_gpa, 8);
      if ((flags & kFrameSpied) != 0) spy(pte_gpa, 8, Access::kStore);
      flags |= kFrameDirty;
      store_le(ram_.host(pte_gpa), updated);
    }
    return ((ppn << kPageShift) & ~offset_mask) | (va & offset_mask);
  }
  return trap(page_fault(access), va);
}

std::expected<Mmu::Translation, Trap> Mmu::translate(uint64_t va, Access access) {
  Privilege privilege = access == Access::kFetch ? hart_.privilege : data_privilege();
  uint64_t pa = va;
  if (privilege != Privilege::kMachine && hart_.satp >> satp::kModeShift != satp::kBare) {
    auto walked = walk(va, access, privilege);
    if (!walked) return std::unexpected(walked.error());
    pa = *walked;
  }
  bool cacheable = pmp_uniform_over_page(hart_, pa);
  if (access == Access::kFetch && debug_stops_ != nullptr && debug_stops_->breaks_in_page_of(va)) cacheable = false;
  if (!pmp_allows(hart_, pa, 1, access, privilege)) return trap(access_fault(access), va);
  return Translation{Gpa{pa}, cacheable};
}

std::expected<uint64_t, Trap> Mmu::load(uint64_t va, unsigned size_bytes) {
  if (crosses_page(va, size_bytes)) return load_crossing(va, size_bytes);
  auto t = translate(va, Access::kLoad);
  if (!t) return std::unexpected(t.error());
  if (!t->cacheable && !pmp_allows(hart_, raw(t->gpa), size_bytes, Access::kLoad, data_privilege())) {
    return trap(Cause::kLoadAccess, va);
  }
  if (ram_.contains(t->gpa, size_bytes)) {
    const uint8_t* host = ram_.host(t->gpa);
    if (is_spied_for_loads(t->gpa)) {
      spy(t->gpa, size_bytes, Access::kLoad);
    } else if (t->cacheable && caching_ == Caching::kOn) {
      caches_.fill(Access::kLoad, {Tlb::tag_of(va, data_context_), reinterpret_cast<uintptr_t>(host) - va});
    }
    uint64_t v = 0;
    std::memcpy(&v, host, size_bytes);
    return v;
  }
  const Bus::Region* region = bus_.find(t->gpa, size_bytes);
  if (region == nullptr || (raw(t->gpa) & (size_bytes - 1)) != 0) return trap(Cause::kLoadAccess, va);
  device_touched = true;
  HostFloatingPoint host_floating_point;
  return region->device->mmio_read(raw(t->gpa) - raw(region->base), size_bytes);
}

std::expected<void, Trap> Mmu::store(uint64_t va, unsigned size_bytes, uint64_t value) {
  if (crosses_page(va, size_bytes)) return store_crossing(va, size_bytes, value);
  auto t = translate(va, Access::kStore);
  if (!t) return std::unexpected(t.error());
  if (!t->cacheable && !pmp_allows(hart_, raw(t->gpa), size_bytes, Access::kStore, data_privilege())) {
    return trap(Cause::kStoreAccess, va);
  }
  if (ram_.contains(t->gpa, size_bytes)) {
    // Never a marked frame: every store to one must come here and be seen. Nor one whose mark this very store
    // takes away: it may have changed the entry that it was translated by.
    bool watched = (ram_.flags(t->gpa) & kFrameWatched) != 0;
    uint8_t* host = ram_.host(t->gpa);
    // What is written again as it was changes no code and no table: new top-level tables are made of old ones.
    if (watched && std::memcmp(host, &value, size_bytes) == 0) {
      ram_.flags(t->gpa) |= kFrameDirty;
      if ((ram_.flags(t->gpa) & kFrameSpied) != 0) spy(t->gpa, size_bytes, Access::kStore);
    } else {
      ram_.note_write(t->gpa, size_bytes);
    }
    std::memcpy(host, &value, size_bytes);
    if (t->cacheable && caching_ == Caching::kOn && !watched) {
      caches_.fill(Access::kStore, {Tlb::tag_of(va, data_context_), reinterpret_cast<uintptr_t>(host) - va});
    }
    return {};
  }
  const Bus::Region* region = bus_.find(t->gpa, size_bytes);
  if (region == nullptr || (raw(t->gpa) & (size_bytes - 1)) != 0) return trap(Cause::kStoreAccess, va);
  device_touched = true;
  HostFloatingPoint host_floating_point;
  region->device->mmio_write(raw(t->gpa) - raw(region->base), size_bytes,
                             size_bytes == 8 ? value : value & ((1ull << (8 * size_bytes)) - 1));
  return {};
}

uint8_t* Mmu::fill_fast(uint64_t va, Access access) {
  const TlbEntry* e = caches_.find(access, Tlb::tag_of(va, data_context_));
  if (e == nullptr) return nullptr;
  caches_.fill_fast(access, *e);
  return reinterpret_cast<uint8_t*>(e->addend + va);
}

// Both pages are translated before a byte moves, so that a crossing access happens whole or not at all;
// the fault names the page that failed (xtval holds the faulting portion's address).
std::expected<uint64_t, Trap> Mmu::load_crossing(uint64_t va, unsigned size_bytes) {
  uint64_t second_va = (va | kPageMask) + 1;
  auto first = translate(va, Access::kLoad);
  if (!first) return std::unexpected(first.error());
  auto second = translate(second_va, Access::kLoad);
  if (!second) return std::unexpected(second.error());
  uint64_t split = second_va - va;
  uint64_t v = 0;
  for (unsigned i = 0; i < size_bytes; ++i) {
    Gpa gpa = i < split ? first->gpa + i : second->gpa + (i - split);
    if (!ram_.contains(gpa, 1) || !pmp_allows(hart_, raw(gpa), 1, Access::kLoad, data_privilege())) {
      return trap(Cause::kLoadAccess, i < split ? va : second_va);
    }
    v |= static_cast<uint64_t>(*ram_.host(gpa)) << (8 * i);
  }
  if (is_spied_for_loads(first->gpa)) spy(first->gpa, split, Access::kLoad);
  if (is_spied_for_loads(second->gpa)) spy(second->gpa, size_bytes - split, Access::kLoad);
  return v;
}

std::expected<void, Trap> Mmu::store_crossing(uint64_t va, unsigned size_bytes, uint64_t value) {
  uint64_t second_va = (va | kPageMask) + 1;
  auto first = translate(va, Access::kStore);
  if (!first) return std::unexpected(first.error());
  auto second = translate(second_va, Access::kStore);
  if (!second) return std::unexpected(second.error());
  uint64_t split = second_va - va;
  std::array<Gpa, 8> target;
  for (unsigned i = 0; i < size_bytes; ++i) {
    target[i] = i < split ? first->gpa + i : second->gpa + (i - split);
    if (!ram_.contains(target[i], 1) || !pmp_allows(hart_, raw(target[i]), 1, Access::kStore, data_privilege())) {
      return trap(Cause::kStoreAccess, i < split ? va : second_va);
    }
  }
  ram_.note_write(first->gpa, split);
  ram_.note_write(second->gpa, size_bytes - split);
  for (unsigned i = 0; i < size_bytes; ++i) *ram_.host(target[i]) = static_cast<uint8_t>(value >> (8 * i));
  return {};
}

std::expected<Gpa, Trap> Mmu::translate_atomic(uint64_t va, unsigned size_bytes, Access access) {
  if ((va & (size_bytes - 1)) != 0) {
    return trap(access == Access::kLoad ? Cause::kLoadMisaligned : Cause::kStoreMisaligned, va);
  }
  if (const TlbEntry* e = caches_.find(access, Tlb::tag_of(va, data_context_)); e != nullptr) {
    return ram_.gpa_of(reinterpret_cast<const uint8_t*>(e->addend + va));
  }
  auto t = translate(va, access);
  if (!t) return std::unexpected(t.error());
  // Devices do not support atomics (PMAs: AMONone). Privileged spec, "Atomicity PMAs".
  if (!ram_.contains(t->gpa, size_bytes) || !pmp_allows(hart_, raw(t->gpa), size_bytes, access, data_privilege())) {
    return trap(access_fault(access), va);
  }
  // A store translation is filled by the store itself, which is then seen by whoever watches the frame.
  if (access == Access::kLoad && is_spied_for_loads(t->gpa)) {
    spy(t->gpa, size_bytes, Access::kLoad);
  } else if (access == Access::kLoad && t->cacheable && caching_ == Caching::kOn) {
    caches_.fill(access, {Tlb::tag_of(va, data_context_), reinterpret_cast<uintptr_t>(ram_.host(t->gpa)) - va});
  }
  return t->gpa;
}

std::expected<Gpa, Trap> Mmu::translate_block(uint64_t va, Access access) {
  auto t = translate(va, access);
  if (!t) return std::unexpected(t.error());
  if (!ram_.contains(t->gpa, 1)) return trap(access_fault(access), va);
  return t->gpa;
}

std::expected<Gpa, Trap> Mmu::translate_fetch_slow(uint64_t va) {
  auto t = translate(va, Access::kFetch);
  if (!t) return std::unexpected(t.error());
  if (!ram_.contains(t->gpa, 2)) return trap(Cause::kFetchAccess, va);
  if (t->cacheable && caching_ == Caching::kOn) {
    caches_.fill(Access::kFetch, {Tlb::tag_of(va, fetch_context(va)), raw(t->gpa) - va});
  }
  return t->gpa;
}

}  // namespace recount
