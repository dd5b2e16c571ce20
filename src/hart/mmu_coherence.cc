// What the Mmu's caches hold, and under which name: contexts of address spaces, frames that are watched, and what is
// dropped when one of them is written. docs/determinism.md, "Caches cannot be seen".

#include <algorithm>

#include "hart/mmu.h"
#include "hart/pte.h"
#include "hart/tlb_context.h"

namespace recount {

using namespace pte;

namespace {

// Past this many stores to frames marked as page tables, forget the marks: some of them are data by now.
constexpr uint64_t kTableStoreLimit = 16384;

constexpr uint64_t kHighHalfOffset = kPageSize / 2;  // of a top-level table: where its upper 256 entries begin

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
    if (roots_.size() == tlb_context::kRootSlots) {
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
    if (p == Privilege::kMachine) return tlb_context::kMachine;
    return root << tlb_context::kModeBits | (p == Privilege::kSupervisor ? tlb_context::kSupervisor : 0);
  };
  fetch_context_ = {context(slot, hart_.privilege), context(roots_[slot].high, hart_.privilege)};
  Privilege data = data_privilege();
  data_context_ = context(slot, data);
  if (data == Privilege::kSupervisor && (hart_.mstatus & mstatus::kSum) != 0) {
    data_context_ = slot << tlb_context::kModeBits | tlb_context::kSum;
  }
  if (data != Privilege::kMachine && (hart_.mstatus & mstatus::kMxr) != 0) data_context_ |= tlb_context::kMxr;
  fast_tlb = caches_.select(data_context_);
  data_tag = Tlb::tag_of(0, data_context_);
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
  if ((flags & kFrameSpied) != 0) spy(gpa, size_bytes, Access::kStore);
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

void Mmu::set_debug_stops(DebugStops* stops) {
  debug_stops_ = stops;
  ram_.clear_flags(kFrameSpied);
  flush();
  if (stops == nullptr) return;
  for (const DebugStops::Range& range : stops->ranges()) {
    const uint64_t last = raw(range.begin) + range.size_bytes - 1;
    for (uint64_t page = raw(range.begin) >> kPageShift; page <= last >> kPageShift; ++page) ram_.flags(Gpa{page << kPageShift}) |= kFrameSpied;
  }
}

void Mmu::spy(Gpa gpa, uint64_t size_bytes, Access access) {
  if (!debug_stops_->accessed(gpa, size_bytes, access == Access::kStore)) return;
  device_touched = true;
  code_changed = true;  // atomics, which reach no device, look at this one
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

}  // namespace recount
