#pragma once
// The FastTlbs of the data contexts that ran last, so that a switch between them costs no refill. Holds only
// what the Mmu's Tlbs hold too: the Mmu drops here each entry that it drops or replaces there.

#include <array>
#include <cstdint>
#include <utility>

#include "hart/fast_tlb.h"
#include "hart/filled_slots.h"
#include "hart/pmp.h"
#include "hart/tlb.h"

namespace recount {

class FastTlbPool {
 public:
  static constexpr size_t kMemberCount = 16;

  FastTlbPool();
  // That context's FastTlb. If it has none, the one that was given away longest ago is emptied for it.
  FastTlb* select(TlbContext context) {
    if (member_of_[context] == kNone) [[unlikely]]
      replace(context);
    selected_ = member_of_[context];
    for (auto& used : used_members_) used.add(selected_);
    return &members_[selected_];
  }
  // Into the selected one: what the Tlb of that access, which is no fetch, has in its context. Translated code does the
  // same by itself.
  void fill(Access access, const TlbEntry& entry);
  // What the Tlb of that access no longer has.
  void drop(Access access, const TlbEntry& entry) {
    size_t member = member_of_[Tlb::context_of(entry.tag)];
    if (member == kNone) return;
    for (FastTlbEntry* e : slot(member, access, slot_of(entry))) {
      if (e->page == entry.page()) *e = {};
    }
  }
  // All of them, for that access.
  void flush(Access access);
  // Calls visit(access, context, entry) for each entry that holds something.
  template <class Visit>
  void each(Visit visit) const {
    for (size_t member = 0; member < kMemberCount; ++member) {
      const FastTlb& t = members_[member];
      for (auto [access, side] : {std::pair{Access::kLoad, &t.load}, {Access::kLoad, &t.load_second}, {Access::kStore, &t.store},
                                  {Access::kStore, &t.store_second}}) {
        for (const FastTlbEntry& e : *side) {
          if (e.page != FastTlbEntry{}.page) visit(access, context_of_[member], e);
        }
      }
    }
  }

 private:
  static constexpr uint8_t kNone = 0xff;

  static size_t slot_of(const TlbEntry& entry) { return entry.tag % FastTlb::kEntryCount; }
  // The first and the second entry.
  std::array<FastTlbEntry*, 2> slot(size_t member, Access access, size_t n) {
    FastTlb& t = members_[member];
    if (access == Access::kLoad) return {&t.load[n], &t.load_second[n]};
    return {&t.store[n], &t.store_second[n]};
  }
  void replace(TlbContext context);
  void empty(size_t member, Access access);

  std::array<FastTlb, kMemberCount> members_{};
  std::array<FilledSlots<64>, 2> used_members_{};  // by Access: selected since they were last emptied
  std::array<TlbContext, kMemberCount> context_of_{};
  std::array<uint8_t, 1u << kTlbContextBits> member_of_;
  size_t selected_ = 0;
  size_t next_ = 0;  // to be given away
};

}  // namespace recount
