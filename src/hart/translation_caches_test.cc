// What TranslationCaches drops, against looking through everything.

#include "hart/translation_caches.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <random>

namespace recount {
namespace {

constexpr uintptr_t kHost = 0x7f0000000000;
constexpr TlbContext kContext = 0x11, kOther = 0x12;

const uint8_t* page_at(uintptr_t address) { return reinterpret_cast<const uint8_t*>(address); }
TlbEntry entry_of(uint64_t va, TlbContext context, uintptr_t host) {
  return {Tlb::tag_of(va, context), host - va};
}

// A slot of the second level is replaced: the first must not outlive it, or a later drop would miss it.
TEST(TranslationCaches, EntryThatIsReplacedLeavesItsFastTlb) {
  auto caches = std::make_unique<TranslationCaches>();
  constexpr uint64_t kVa = 0x5000;
  TlbEntry first = entry_of(kVa, kContext, kHost);
  uint64_t rival_va = kVa;
  do rival_va += 0x200000;
  while (Tlb::slot_of(Tlb::tag_of(rival_va, kOther)) != Tlb::slot_of(first.tag));
  for (Access access : {Access::kLoad, Access::kStore}) {
    FastTlb* fast = caches->select(kContext);
    auto& side = access == Access::kLoad ? fast->load : fast->store;
    caches->fill(access, first);
    caches->fill_fast(access, first);
    EXPECT_EQ(side[5].page, kVa);
    caches->fill(access, entry_of(rival_va, kOther, kHost + kPageSize));
    EXPECT_EQ(side[5].page, TlbEntry::kEmpty);
  }
}

TEST(TranslationCaches, FlushLeavesNothingHoweverManyWereFilled) {
  auto caches = std::make_unique<TranslationCaches>();
  for (uint64_t count : {1u, 3u, 100u, 5000u}) {
    FastTlb* fast = caches->select(kContext);
    for (uint64_t i = 0; i < count; ++i) {
      TlbEntry e = entry_of(i << kPageShift, kContext, kHost + (i << kPageShift));
      for (Access access : {Access::kLoad, Access::kStore, Access::kFetch}) caches->fill(access, e);
      for (Access access : {Access::kLoad, Access::kStore}) caches->fill_fast(access, e);
    }
    ASSERT_NE(caches->find(Access::kStore, Tlb::tag_of((count - 1) << kPageShift, kContext)), nullptr);
    caches->flush();
    for (uint64_t i = 0; i < count; ++i) {
      for (Access access : {Access::kLoad, Access::kStore, Access::kFetch}) {
        EXPECT_EQ(caches->find(access, Tlb::tag_of(i << kPageShift, kContext)), nullptr) << i;
      }
    }
    for (const auto* side : {&fast->load, &fast->store}) {
      for (const FastTlbEntry& e : *side) EXPECT_EQ(e.page, TlbEntry::kEmpty);
    }
  }
}

// Host pages that share buckets, pages that many addresses reach, drops of every kind in between.
TEST(TranslationCaches, DropOfStoresToAPageIsWhatAScanWouldDrop) {
  const char* given = std::getenv("RECOUNT_TEST_SEED");
  uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 0) : std::random_device{}();
  SCOPED_TRACE("RECOUNT_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  auto below = [&](uint64_t n) { return random() % n; };
  auto caches = std::make_unique<TranslationCaches>();
  std::map<size_t, TlbEntry> model;  // by slot
  for (unsigned round = 0; round < 50'000; ++round) {
    uintptr_t host = kHost + (below(24) << kPageShift) + (below(3) << 25);
    uint64_t what = below(100);
    if (what < 70) {
      TlbEntry e = entry_of(below(2000) << kPageShift, static_cast<TlbContext>(below(20)), host);
      caches->select(Tlb::context_of(e.tag));
      caches->fill(Access::kStore, e);
      caches->fill_fast(Access::kStore, e);
      model[Tlb::slot_of(e.tag)] = e;
    } else if (what < 90) {
      caches->drop_stores_to(page_at(host));
      std::erase_if(model, [&](const auto& m) { return m.second.host_page() == host; });
    } else if (what < 99) {
      uint64_t index = below(512);
      caches->drop_leaf_index(Access::kStore, index);
      std::erase_if(model, [&](const auto& m) { return (m.second.tag & 511) == index; });
    } else if (below(4) == 0) {
      caches->flush(Access::kStore);
      model.clear();
    }
    if (round % 100 != 0) continue;
    size_t found = 0;
    for (TlbContext context = 0; context < 20; ++context) {
      for (uint64_t page = 0; page < 2000; ++page) {
        const TlbEntry* e = caches->find(Access::kStore, Tlb::tag_of(page << kPageShift, context));
        if (e == nullptr) continue;
        ++found;
        auto m = model.find(Tlb::slot_of(e->tag));
        ASSERT_TRUE(m != model.end() && m->second.tag == e->tag && m->second.addend == e->addend);
      }
      for (const FastTlbEntry& fast : caches->select(context)->store) {
        if (fast.page == TlbEntry::kEmpty) continue;
        const TlbEntry* e = caches->find(Access::kStore, Tlb::tag_of(fast.page, context));
        ASSERT_TRUE(e != nullptr && e->addend == fast.addend);
      }
    }
    ASSERT_EQ(found, model.size());
  }
}

}  // namespace
}  // namespace recount
