#pragma once
// The cached translations of a hart: a Tlb for each kind of access, and before those for data the FastTlbs of
// translated code. Knows what is to be dropped from where; when, is the Mmu's to know.

#include <array>

#include "hart/fast_tlb_pool.h"
#include "hart/frame_reach.h"
#include "hart/pmp.h"
#include "hart/tlb.h"

namespace recount {

class TranslationCaches {
 public:
  // nullptr if there is none with this tag.
  const TlbEntry* find(Access access, uint64_t tag) const {
    const TlbEntry& e = tlb(access)[Tlb::slot_of(tag)];
    return e.tag == tag ? &e : nullptr;
  }
  const Tlb& tlb(Access access) const { return tlbs_[static_cast<size_t>(access)]; }
  // For a fetch the addend leads to a physical address, else to a host address.
  void fill(Access access, const TlbEntry& entry);

  // What is cached for data accesses in this context.
  FastTlb* select(TlbContext context) { return fast_.select(context); }
  // Into the selected FastTlb; access is no fetch, and entry what find() gave for it in the selected context.
  void fill_fast(Access access, const TlbEntry& entry) { fast_.fill(access, entry); }

  const FastTlbPool& fast() const { return fast_; }

  void flush(Access access);
  void flush();
  // What is cached for addresses in the low (0) or the high (1) half.
  void flush_half(unsigned half);
  // Everything that the last-level page-table entry with this index may have filled.
  void drop_leaf_index(Access access, uint64_t leaf_index);
  // Every store translation that reaches this host page.
  void drop_stores_to(const uint8_t* page);

 private:
  Tlb& tlb(Access access) { return tlbs_[static_cast<size_t>(access)]; }
  void drop(Access access, size_t slot);

  std::array<Tlb, 3> tlbs_;  // by Access
  FastTlbPool fast_;
  FrameReach reach_;  // of the store Tlb
};

}  // namespace recount
