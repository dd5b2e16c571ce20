#include "hart/mmu.h"

#include <algorithm>

namespace recount {
namespace {

// PTE bits. Privileged spec, "Sv39: Page-Based 39-bit Virtual-Memory System".
constexpr uint64_t kV = 1, kR = 2, kW = 4, kX = 8, kU = 16, kA = 64, kD = 128;
constexpr uint64_t kReservedHigh = 0x3ffull << 54;  // N, PBMT (not implemented) and reserved bits
constexpr unsigned kPpnShift = 10;

// A context is a root's slot and one of 16 modes.
constexpr unsigned kModeBits = 4;
constexpr size_t kRootSlots = 255;  // slot 255 is left out: it could spell the empty tag
constexpr TlbContext kModeSupervisor = 1, kModeSum = 2, kModeMachine = 3, kModeMxr = 4;

// Past this many stores to frames marked as page tables, forget the marks: some of them are data by now.
constexpr uint64_t kTableStoreLimit = 16384;

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

namespace {

constexpr uint64_t kHighHalfOffset = kPageSize / 2;  // of a top-level table: where its upper 256 entries begin
constexpr uint64_t kNoRoot = ~0ull;                  // as a satp: matches none

Gpa root_of(uint64_t satp) { return Gpa{(satp & satp::kPpnMask) << kPageShift}; }

// A leaf without A would be given it by the walk under one root, and not by a walk under the other that never happens.
bool has_leaf_to_be_accessed(const uint8_t* entries) {
  for (uint64_t i = 0; i < kPageSize - kHighHalfOffset; i += 8) {
    auto pte = load_le<uint64_t>(entries + i);
    if ((pte & kV) != 0 && (pte & (kR | kX)) != 0 && (pte & kA) == 0) return true;
  }
  return false;
}

}  // namespace

// The upper 256 entries of a top-level table; nullptr if it lies outside of RAM.
const uint8_t* Mmu::high_half(uint64_t satp) {
  Gpa root = root_of(satp);
  return ram_.contains(root, kPageSize) ? ram_.host(root) + kHighHalfOffset : nullptr;
}

// A slot whose root has the same entries there, byte for byte; the next free one if there is none. Both roots' frames are
// marked: root_changes() takes out the one that changes. What lies below is the same memory for both.
uint8_t Mmu::slot_with_same_high_half(uint64_t satp) {
  auto own = static_cast<uint8_t>(roots_.size());
  const uint8_t* mine = high_half(satp);
  if (mine == nullptr || has_leaf_to_be_accessed(mine)) return own;
  uint64_t entries = raw(root_of(satp)) + kHighHalfOffset;
  if (!pmp_allows(hart_, entries, kPageSize - kHighHalfOffset, Access::kLoad, Privilege::kSupervisor)) return own;
  uint8_t before = ram_.flags(root_of(satp));
  if ((before & kFrameTable) != 0 && (before & kFrameRoot) == 0) {
    // It was, or is, some other table too. Nothing that came from it stays; from here on it is a root.
    drop_halves(before);
    clear_table_flags(root_of(satp));
  }
  mark_frame(root_of(satp), kFrameUpperTable | kFrameRoot | kFrameLowHalf | kFrameHighHalf);
  constexpr size_t kTries = 4;
  size_t tried = 0;
  for (size_t i = roots_.size(); i-- > 1 && tried < kTries;) {
    const Root& other = roots_[i];
    if (other.satp == kNoRoot || other.satp >> satp::kModeShift != satp >> satp::kModeShift) continue;
    const uint8_t* theirs = high_half(other.satp);
    if (theirs == nullptr || (ram_.flags(root_of(other.satp)) & kFrameRoot) == 0) continue;
    ++tried;
    if (std::memcmp(mine, theirs, kPageSize - kHighHalfOffset) == 0) return other.high;
  }
  return own;
}

// The high half of this root is about to be written: nobody may take it for another's any more.
void Mmu::root_changes(Gpa gpa) {
  bool running = false;
  for (Root& r : roots_) {
    if (r.satp == kNoRoot || raw(root_of(r.satp)) >> kPageShift != raw(gpa) >> kPageShift) continue;
    running |= r.satp == hart_.satp;
    r.satp = kNoRoot;
  }
  uint8_t& flags = ram_.flags(gpa);
  flags = static_cast<uint8_t>(flags & ~kFrameRoot);
  if (!running) return;
  set_context(Share::kNo);
  code_changed = true;  // the running block's translation is now cached, or not, under another name
}

TlbContext Mmu::slot_of_root(uint64_t satp, Share share) {
  if (satp >> satp::kModeShift == satp::kBare) return 0;
  uint8_t& hint = root_hints_[(satp * 0x9e3779b97f4a7c15ull) >> 56];
  if (hint < roots_.size() && roots_[hint].satp == satp) [[likely]] return hint;
  auto known = std::ranges::find(roots_, satp, &Root::satp);
  if (known == roots_.end()) {
    if (roots_.size() == kRootSlots) {
      roots_.resize(1);
      drop_all();
    }
    auto own = static_cast<uint8_t>(roots_.size());
    uint8_t high = share == Share::kIfSame && caching_ == Caching::kOn ? slot_with_same_high_half(satp) : own;
    known = roots_.insert(roots_.end(), {satp, high});
  }
  hint = static_cast<uint8_t>(known - roots_.begin());
  return hint;
}

void Mmu::update_context() { set_context(Share::kIfSame); }

void Mmu::set_context(Share share) {
  TlbContext slot = slot_of_root(hart_.satp, share);
  auto context = [](TlbContext root, Privilege p) {
    if (p == Privilege::kMachine) return kModeMachine;
    return root << kModeBits | (p == Privilege::kSupervisor ? kModeSupervisor : 0);
  };
  fetch_context_ = {context(slot, hart_.privilege), context(roots_[slot].high, hart_.privilege)};
  Privilege data = data_privilege();
  data_context_ = context(slot, data);
  if (data == Privilege::kSupervisor && (hart_.mstatus & mstatus::kSum) != 0) data_context_ = slot << kModeBits | kModeSum;
  if (data != Privilege::kMachine && (hart_.mstatus & mstatus::kMxr) != 0) data_context_ |= kModeMxr;
  fast_tlb = caches_.select(data_context_);
}

void Mmu::drop_all() {
  caches_.flush();
  for (uint64_t& epoch : fetch_epoch_) ++epoch;
  translations_dropped = true;
}

// What a table with these flags may have been on the way to.
void Mmu::drop_halves(uint8_t flags) {
  for (unsigned half = 0; half < 2; ++half) {
    if ((flags & (half == 0 ? kFrameLowHalf : kFrameHighHalf)) == 0) continue;
    caches_.flush_half(half);
    ++fetch_epoch_[half];
  }
  translations_dropped = true;
}

void Mmu::flush() {
  drop_all();
  ram_.clear_flags(kFrameTable);
  roots_.resize(1);
  table_stores_ = 0;
  update_context();
}

void Mmu::mark_frame(Gpa gpa, uint8_t flag) {
  uint8_t& flags = ram_.flags(gpa);
  if ((flags & flag) == flag) return;
  flags = static_cast<uint8_t>(flags | flag);
  // Only a dirty frame can have a write translation: stores to a clean one take the slow path first.
  if ((flags & kFrameDirty) == 0) return;
  caches_.drop_stores_to(ram_.host(Gpa{raw(gpa) & ~kPageMask}));
  translations_dropped = true;
}

void Mmu::drop_leaf(uint64_t index, uint64_t old_pte, uint8_t flags) {
  caches_.drop_leaf_index(Access::kLoad, index);
  caches_.drop_leaf_index(Access::kStore, index);
  translations_dropped = true;
  // What could not be executed was never fetched from.
  if ((old_pte & kX) == 0) return;
  caches_.drop_leaf_index(Access::kFetch, index);
  if ((flags & kFrameLowHalf) != 0) ++fetch_epoch_[0];
  if ((flags & kFrameHighHalf) != 0) ++fetch_epoch_[1];
  // It may be the running block's own page that moves, or loses its A bit: the next instruction is fetched
  // anew.
  code_changed = true;
}

void Mmu::before_write(Gpa gpa, uint64_t size_bytes, uint8_t flags) {
  if ((flags & kFrameCode) != 0) code_changes(gpa, size_bytes);
  if ((flags & kFrameTable) == 0) return;
  if (++table_stores_ > kTableStoreLimit) {
    flush();
    code_changed = true;
    return;
  }
  if ((flags & kFrameRoot) != 0 && (raw(gpa) & kPageMask) + size_bytes > kHighHalfOffset) root_changes(gpa);
  uint64_t first = raw(gpa) & ~7ull;
  for (uint64_t pte = first; pte < raw(gpa) + size_bytes; pte += 8) {
    // An entry that was not valid was never cached.
    auto old_pte = load_le<uint64_t>(ram_.host(Gpa{pte}));
    if ((old_pte & kV) == 0) continue;
    if ((flags & kFrameUpperTable) != 0) {
      uint8_t reached = flags;
      if ((ram_.flags(gpa) & kFrameRoot) != 0) reached = (pte & kPageMask) < kHighHalfOffset ? kFrameLowHalf : kFrameHighHalf;
      drop_halves(reached);
      code_changed = true;
      // Nothing that came from this frame is cached now. It is often being made into something else, with many stores.
      if ((ram_.flags(gpa) & kFrameRoot) == 0) clear_table_flags(gpa);
      return;
    }
    drop_leaf((pte & kPageMask) >> 3, old_pte, flags);
  }
}

// A frame that became data is not to be watched for ever: every store to it would be slow.
void Mmu::code_changes(Gpa gpa, uint64_t size_bytes) {
  if (code_watcher_ != nullptr && code_watcher_->code_changes(gpa, size_bytes)) return;
  uint8_t& flags = ram_.flags(gpa);
  flags = static_cast<uint8_t>(flags & ~kFrameCode);
}

void Mmu::clear_table_flags(Gpa gpa) {
  uint8_t& flags = ram_.flags(gpa);
  flags = static_cast<uint8_t>(flags & ~kFrameTable);
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
  bool uniform = pmp_uniform_over_page(hart_, pa);
  if (!pmp_allows(hart_, pa, 1, access, privilege)) return trap(access_fault(access), va);
  return Translation{Gpa{pa}, uniform};
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
    if (t->cacheable && caching_ == Caching::kOn) {
      caches_.fill(Access::kLoad, {Tlb::tag_of(va, data_context_), reinterpret_cast<uintptr_t>(host) - va});
    }
    uint64_t v = 0;
    std::memcpy(&v, host, size_bytes);
    return v;
  }
  const Bus::Region* region = bus_.find(t->gpa, size_bytes);
  if (region == nullptr || (raw(t->gpa) & (size_bytes - 1)) != 0) return trap(Cause::kLoadAccess, va);
  device_touched = true;
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
  if (access == Access::kLoad && t->cacheable && caching_ == Caching::kOn) {
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
