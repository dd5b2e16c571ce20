#include "hart/translation_caches.h"

namespace recount {

void TranslationCaches::fill(Access access, const TlbEntry& entry) {
  size_t slot = Tlb::slot_of(entry.tag);
  drop(access, slot);
  tlb(access).fill(slot, entry);
  if (access == Access::kStore) reach_.add(entry.host_page(), slot);
}

void TranslationCaches::drop(Access access, size_t slot) {
  const TlbEntry& entry = tlb(access)[slot];
  if (entry.empty()) return;
  if (access == Access::kStore) reach_.remove(entry.host_page(), slot);
  if (access != Access::kFetch) fast_.drop(access, entry);
  tlb(access).drop(slot);
}

void TranslationCaches::flush(Access access) {
  tlb(access).flush();
  if (access == Access::kStore) reach_.clear();
  if (access != Access::kFetch) fast_.flush(access);
}

void TranslationCaches::flush() {
  for (Access access : {Access::kLoad, Access::kStore, Access::kFetch}) flush(access);
}

void TranslationCaches::flush_half(unsigned half) {
  for (Access access : {Access::kLoad, Access::kStore, Access::kFetch}) {
    Tlb& entries = tlb(access);
    entries.each_filled(half, [&](size_t slot) {
      if (entries[slot].half() == half) drop(access, slot);
    });
    entries.forget_half(half);
  }
}

void TranslationCaches::drop_leaf_index(Access access, uint64_t leaf_index) {
  if (!tlb(access).may_hold_leaf_index(leaf_index)) return;
  for (size_t way = 0; way < Tlb::kWayCount; ++way) drop(access, Tlb::slot_of_leaf_index(leaf_index, way));
}

void TranslationCaches::drop_stores_to(const uint8_t* page) {
  auto host_page = reinterpret_cast<uintptr_t>(page);
  const Tlb& stores = tlb(Access::kStore);
  auto drop_if_reaching = [&](size_t slot) {
    if (!stores[slot].empty() && stores[slot].host_page() == host_page) drop(Access::kStore, slot);
  };
  FrameReach::Bucket bucket = reach_.bucket(host_page);
  if (bucket.count == 0) return;
  if (bucket.count == 1) return drop_if_reaching(bucket.slot_xor);
  for (unsigned half : {0u, 1u}) stores.each_filled(half, drop_if_reaching);
}

}  // namespace recount
