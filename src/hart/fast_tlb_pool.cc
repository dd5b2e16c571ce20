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
  auto [first, second] = slot(selected_, access, slot_of(entry));
  if (first->page == entry.page()) return;
  *second = *first;
  *first = {entry.page(), entry.addend};
}

void FastTlbPool::flush(Access access) {
  FilledSlots<64>& used = used_members_[static_cast<size_t>(access)];
  used.each([&](size_t member) { empty(member, access); });
  used.clear();
  used.add(selected_);
}

void FastTlbPool::empty(size_t member, Access access) {
  FastTlb& t = members_[member];
  (access == Access::kLoad ? t.load : t.store).fill({});
  (access == Access::kLoad ? t.load_second : t.store_second).fill({});
}

}  // namespace recount
