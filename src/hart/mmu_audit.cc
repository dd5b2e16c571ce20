#include "hart/mmu_audit.h"

#include "base/check.h"
#include "hart/pte.h"
#include "hart/tlb_context.h"

namespace recount {

using namespace pte;

void MmuAudit::run() const {
  for (Access access : {Access::kLoad, Access::kStore, Access::kFetch}) {
    const Tlb& tlb = mmu_.tlb(access);
    for (unsigned half : {0u, 1u}) {
      tlb.each_filled(half, [&](size_t slot) {
        if (!tlb[slot].empty() && tlb[slot].half() == half) check_page(access, tlb[slot]);
      });
    }
  }
  check_fast();
  check_shared_roots();
}

// Under each root that would find the entry.
void MmuAudit::check_page(Access access, const TlbEntry& entry) const {
  TlbContext context = Tlb::context_of(entry.tag);
  size_t slot = tlb_context::root_slot(context);
  CHECK(slot < mmu_.roots_.size());
  if (access == Access::kStore) check_store(entry);
  bool shared = access == Access::kFetch && entry.half() == 1;
  for (size_t i = 0; i < mmu_.roots_.size(); ++i) {
    const Mmu::Root& root = mmu_.roots_[i];
    bool finds_it = (shared ? root.high : i) == slot;
    if (finds_it && root.satp != Mmu::kNoRoot) check_walk(access, entry, root.satp);
  }
}

void MmuAudit::check_walk(Access access, const TlbEntry& entry, uint64_t satp) const {
  TlbContext context = Tlb::context_of(entry.tag), mode = tlb_context::mode(context);
  Privilege privilege = mode == tlb_context::kMachine ? Privilege::kMachine
                        : mode == 0                   ? Privilege::kUser
                                                      : Privilege::kSupervisor;
  uint64_t pa = entry.page();
  if (privilege != Privilege::kMachine && satp >> satp::kModeShift != satp::kBare) pa = walk(access, entry.page(), context, satp);
  CHECK(ram_.contains(Gpa{pa}, kPageSize));
  CHECK(pmp_uniform_over_page(hart_, pa) && pmp_allows(hart_, pa, 1, access, privilege));
  if (access == Access::kFetch) {
    CHECK(entry.addend + entry.page() == pa);
    CHECK(mmu_.debug_stops() == nullptr || !mmu_.debug_stops()->breaks_in_page_of(entry.page()));
  } else {
    CHECK(entry.host_page() == reinterpret_cast<uintptr_t>(ram_.host(Gpa{pa})));
  }
}

// The page's physical address. Unlike the Mmu's own, this walk changes nothing: what is cached was accessed, so A and D are set
// already. Each table that it reads must be marked, or a store to it would not be seen.
uint64_t MmuAudit::walk(Access access, uint64_t va, TlbContext context, uint64_t satp) const {
  int levels = satp >> satp::kModeShift == satp::kSv48 ? 4 : 3;
  uint64_t table = (satp & satp::kPpnMask) << kPageShift;
  for (int level = levels - 1; level >= 0; --level) {
    unsigned shift = 12 + 9 * static_cast<unsigned>(level);
    Gpa pte_gpa{table + ((va >> shift) & 511) * 8};
    CHECK(ram_.contains(pte_gpa, 8));
    auto marks = static_cast<uint8_t>((level == 0 ? kFramePageTable : kFrameUpperTable) |
                                      (va >> 63 == 0 ? kFrameLowHalf : kFrameHighHalf));
    CHECK((ram_.flags(pte_gpa) & marks) == marks);
    auto pte = load_le<uint64_t>(ram_.host(pte_gpa));
    CHECK((pte & kV) != 0 && (pte & kReservedHigh) == 0);
    uint64_t next = (pte & ~kReservedHigh) >> kPpnShift << kPageShift;
    if ((pte & (kR | kX)) == 0) {
      table = next;
      continue;
    }
    bool user = tlb_context::mode(context) == 0, sum = tlb_context::mode(context) == tlb_context::kSum;
    CHECK((pte & kA) != 0 && (access != Access::kStore || (pte & (kW | kD)) == (kW | kD)));
    CHECK(access != Access::kFetch || (pte & kX) != 0);
    CHECK(access != Access::kLoad || (pte & kR) != 0 || (tlb_context::has_mxr(context) && (pte & kX) != 0));
    CHECK(user ? (pte & kU) != 0 : (pte & kU) == 0 || (sum && access != Access::kFetch));
    uint64_t offset_mask = (1ull << shift) - 1;
    CHECK((next & offset_mask) == 0);
    return next | (va & offset_mask);
  }
  CHECK(!"a pointer at the last level");
  return 0;
}

// A store that nobody sees must reach a frame that nobody watches, and that is known to be dirty.
void MmuAudit::check_store(const TlbEntry& entry) const {
  uint8_t flags = ram_.flags(ram_.gpa_of(reinterpret_cast<const uint8_t*>(entry.host_page())));
  CHECK((flags & kFrameWatched) == 0);
  CHECK((flags & kFrameDirty) != 0);
}

void MmuAudit::check_fast() const {
  mmu_.caches_.fast().each([&](Access access, TlbContext context, const FastTlbEntry& fast) {
    const TlbEntry* entry = mmu_.caches_.find(access, Tlb::tag_of(fast.page, context));
    CHECK(entry != nullptr && entry->addend == fast.addend);
  });
}

// Roots that share what is cached for the high half must have the same high half.
void MmuAudit::check_shared_roots() const {
  for (const Mmu::Root& root : mmu_.roots_) {
    const Mmu::Root& other = mmu_.roots_[root.high];
    if (root.satp == Mmu::kNoRoot || other.satp == Mmu::kNoRoot || root.satp == other.satp) continue;
    auto high_half = [&](uint64_t satp) { return ram_.host(Gpa{((satp & satp::kPpnMask) << kPageShift) + kPageSize / 2}); };
    CHECK(std::memcmp(high_half(root.satp), high_half(other.satp), kPageSize / 2) == 0);
  }
}

}  // namespace recount
