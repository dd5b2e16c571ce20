#include "hart/fast_tlb_pool.h"

namespace recount {

FastTlbPool::FastTlbPool() {
  member_of_.fill(kNone);
  for (size_t i = 0; i < kMemberCount; ++i) {
    context_of_[i] = static_cast<TlbContext>(i);
    member_of_[i] = static_cast<uint8_t>(i);
  }
}

void FastTlbPool::replace(TlbContext context) {
  empty(next_, Access::kLoad);
  empty(next_, Access::kStore);
  member_of_[context_of_[next_]] = kNone;
  context_of_[next_] = context;
  member_of_[context] = static_cast<uint8_t>(next_);
  next_ = (next_ + 1) % kMemberCount;
}

void FastTlbPool::fill(Access access, const TlbEntry& entry) {
  auto a = static_cast<size_t>(access);
  size_t n = slot_of(entry);
  auto [first, second] = slot(selected_, access, n);
  if (first->page == entry.page()) return;
  *second = *first;
  *first = {entry.page(), entry.addend};
  filled_[a][selected_].add(n);
  filled_members_[a].add(selected_);
}

void FastTlbPool::flush(Access access) {
  FilledSlots<64>& members = filled_members_[static_cast<size_t>(access)];
  members.each([&](size_t member) { empty(member, access); });
  members.clear();
}

void FastTlbPool::empty(size_t member, Access access) {
  FilledSlots<FastTlb::kEntryCount>& filled = filled_[static_cast<size_t>(access)][member];
  filled.each([&](size_t n) {
    for (FastTlbEntry* e : slot(member, access, n)) *e = {};
  });
  filled.clear();
}

}  // namespace recount
