// What translated code finds inline, and the names that translations are known under: what drops them, and what must not.

#include "hart/mmu_fixture.h"

namespace recount::test {
namespace {

// With caches only: what translated code finds in *fast_tlb.
class FastTlbTest : public MmuTest {
 protected:
  static constexpr uint64_t kSecondVa = kVa + kPageSize, kSecondPage = kPage + kPageSize;

  FastTlbTest() { second_entry() = pte(kSecondPage, kAll); }
  Entry second_entry() { return {*ram_, Gpa{table(0) + 8}}; }

  // As translated code does it.
  uint8_t* found(uint64_t va, Access access) {
    const FastTlb& fast = *hart_.mmu.fast_tlb;
    const auto& first = access == Access::kLoad ? fast.load : fast.store;
    const auto& second = access == Access::kLoad ? fast.load_second : fast.store_second;
    for (const auto* side : {&first, &second}) {
      const FastTlbEntry& e = (*side)[va >> kPageShift & 255];
      if (e.page == (va & ~kPageMask)) return reinterpret_cast<uint8_t*>(e.addend + va);
    }
    return nullptr;
  }
  bool loads(uint64_t va = kVa) { return found(va, Access::kLoad) != nullptr; }
  bool stores(uint64_t va = kVa) { return found(va, Access::kStore) != nullptr; }
  // Both sides, for that address.
  void fill(uint64_t va = kVa) {
    ASSERT_TRUE(hart_.mmu.load(va, 8));
    ASSERT_TRUE(hart_.mmu.store(va, 8, 0));
    ASSERT_NE(hart_.mmu.fill_fast(va, Access::kLoad), nullptr);
    ASSERT_NE(hart_.mmu.fill_fast(va, Access::kStore), nullptr);
    ASSERT_TRUE(loads(va) && stores(va));
  }
  void fill_both_pages() {
    fill(kVa);
    fill(kSecondVa);
    hart_.mmu.translations_dropped = false;
  }
  // An address space of its own, on the same tables.
  void enter_space(uint64_t asid) {
    hart_.state.satp = (hart_.state.satp & ~(0xffffull << 44)) | asid << 44;
    hart_.mmu.update_context();
  }
};

TEST_P(FastTlbTest, GivesTheAddressThatTheSlowPathReached) {
  fill();
  EXPECT_EQ(found(kVa + 24, Access::kLoad), ram_->host(Gpa{kPage + 24}));
  EXPECT_EQ(found(kVa + 24, Access::kStore), ram_->host(Gpa{kPage + 24}));
  EXPECT_EQ(hart_.mmu.fill_fast(kVa + 24, Access::kStore), ram_->host(Gpa{kPage + 24}));
}

TEST_P(FastTlbTest, IsNotFilledWithWhatWasNeverAccessed) {
  ASSERT_TRUE(hart_.mmu.load(kVa, 8));
  EXPECT_EQ(hart_.mmu.fill_fast(kVa, Access::kStore), nullptr);
  EXPECT_EQ(hart_.mmu.fill_fast(kSecondVa, Access::kLoad), nullptr);
  EXPECT_FALSE(stores() || loads(kSecondVa));
}

TEST_P(FastTlbTest, IsNotFilledWithStoresToWatchedFrames) {
  entry(0) = pte(table(0), kAll);
  ASSERT_TRUE(hart_.mmu.store(kVa + 16, 8, 0));
  EXPECT_EQ(hart_.mmu.fill_fast(kVa, Access::kStore), nullptr);
  hart_.mmu.mark_code(Gpa{kSecondPage});
  ASSERT_TRUE(hart_.mmu.store(kSecondVa, 8, 0));
  EXPECT_EQ(hart_.mmu.fill_fast(kSecondVa, Access::kStore), nullptr);
}

TEST_P(FastTlbTest, IsNotFilledWherePmpDrawsABorder) {
  hart_.state.pmpcfg[0] = 1 << 3 | 7;  // TOR: all below
  hart_.state.pmpaddr[0] = (kPage + 64) >> 2;
  hart_.state.pmpcfg[1] = 3 << 3 | 3;  // NAPOT: all the rest, not to be executed
  hart_.state.pmpaddr[1] = (1ull << 54) - 1;
  hart_.mmu.flush();
  ASSERT_TRUE(hart_.mmu.load(kVa, 8));
  EXPECT_EQ(hart_.mmu.fill_fast(kVa, Access::kLoad), nullptr);
}

TEST_P(FastTlbTest, TwoPagesOfOneSlotDoNotPushEachOtherOut) {
  constexpr uint64_t kSameSlot = kVa + FastTlb::kEntryCount * kPageSize;
  Entry{*ram_, Gpa{table(0) + 8 * FastTlb::kEntryCount}} = pte(kSecondPage, kAll);
  fill(kVa);
  fill(kSameSlot);
  EXPECT_TRUE(loads(kVa) && stores(kVa) && loads(kSameSlot) && stores(kSameSlot));
  entry(0) = 0;
  EXPECT_FALSE(loads(kVa) || stores(kVa));
  EXPECT_TRUE(loads(kSameSlot) && stores(kSameSlot));
}

// Roots that agree in the high half share what is known of it, as long as they do.
class SharedHighHalfTest : public FastTlbTest {
 protected:
  static constexpr uint64_t kHigh = ~0ull << 38;
  static constexpr uint64_t kOtherRoot = 0x80030000, kHighHalf = kPageSize / 2;

  // Another address space: an empty low half, and the high half of the first one.
  void enter_other_root() {
    std::memcpy(ram_->host(Gpa{kOtherRoot + kHighHalf}), ram_->host(Gpa{table(levels() - 1) + kHighHalf}), kHighHalf);
    enter(kOtherRoot);
  }
  void enter(uint64_t root) {
    hart_.state.satp = GetParam().satp_mode << satp::kModeShift | root >> kPageShift;
    hart_.mmu.update_context();
  }
  Entry high_entry(uint64_t root) { return {*ram_, Gpa{root + kHighHalf + 8 * 100}}; }
  TlbContext low() const { return hart_.mmu.fetch_context(kVa); }
  TlbContext high() const { return hart_.mmu.fetch_context(kHigh); }
};

TEST_P(SharedHighHalfTest, IsOneContextUnderRootsThatAgreeThere) {
  TlbContext first_low = low(), first_high = high();
  enter_other_root();
  EXPECT_NE(low(), first_low);
  EXPECT_EQ(high(), first_high);
}

TEST_P(SharedHighHalfTest, IsNotSharedByRootsThatDiffer) {
  TlbContext first_high = high();
  store_le(ram_->host(Gpa{kOtherRoot + kPageSize - 8}), pte(table(0), kV));
  enter(kOtherRoot);
  EXPECT_NE(high(), first_high);
}

TEST_P(SharedHighHalfTest, RootOutsideOfMemoryIsLikeNoOther) {
  TlbContext first_high = high();
  enter(0);
  EXPECT_NE(high(), first_high);
  enter_other_root();
  EXPECT_EQ(high(), first_high);
}

TEST_P(SharedHighHalfTest, EndsWhenOneOfThemChangesThere) {
  TlbContext shared = high();
  enter_other_root();
  ASSERT_EQ(high(), shared);
  hart_.mmu.code_changed = false;
  high_entry(kOtherRoot) = pte(table(0), kV);
  EXPECT_NE(high(), shared);
  EXPECT_TRUE(hart_.mmu.code_changed);
  enter(table(levels() - 1));
  EXPECT_EQ(high(), shared);
}

TEST_P(SharedHighHalfTest, DoesNotBeginWhereAWalkWouldSetAnAccessedBit) {
  high_entry(table(levels() - 1)) = pte(0, (kAll & ~kA) | kV);
  enter_other_root();
  TlbContext other = high();
  enter(table(levels() - 1));
  EXPECT_NE(high(), other);
}

TEST_P(SharedHighHalfTest, ChangedEntryOfTheLowHalfLeavesTheHighOneAlone) {
  uint64_t low_epoch = hart_.mmu.fetch_epoch(kVa), high_epoch = hart_.mmu.fetch_epoch(kHigh);
  ASSERT_TRUE(hart_.mmu.load(kVa, 8));
  entry(levels() - 1) = 0;
  EXPECT_NE(hart_.mmu.fetch_epoch(kVa), low_epoch);
  EXPECT_EQ(hart_.mmu.fetch_epoch(kHigh), high_epoch);
}

TEST_P(FastTlbTest, ChangedLeafEntryDropsItsPageOnly) {
  fill_both_pages();
  entry(0) = pte(kPage, kAll & ~kA);
  EXPECT_FALSE(loads() || stores());
  EXPECT_TRUE(loads(kSecondVa) && stores(kSecondVa));
  EXPECT_TRUE(hart_.mmu.translations_dropped);
}

TEST_P(FastTlbTest, ChangedLeafEntryDropsInContextsThatAreNotRunning) {
  fill();
  status(mstatus::kSum);
  EXPECT_FALSE(loads());
  fill();
  enter_space(9);
  EXPECT_FALSE(loads());
  entry(0) = pte(kSecondPage, kAll);
  enter_space(0);
  EXPECT_FALSE(loads() || stores());
  hart_.state.mstatus &= ~mstatus::kSum;
  hart_.mmu.update_context();
  EXPECT_FALSE(loads() || stores());
}

TEST_P(FastTlbTest, ChangedUpperEntryDropsEverything) {
  for (unsigned level = 1; level < levels(); ++level) {
    fill_both_pages();
    entry(level) = static_cast<uint64_t>(entry(level));
    EXPECT_FALSE(loads() || stores() || loads(kSecondVa) || stores(kSecondVa)) << level;
    EXPECT_TRUE(hart_.mmu.translations_dropped);
  }
}

TEST_P(FastTlbTest, FlushDropsEverythingInEveryContext) {
  fill_both_pages();
  enter_space(1);
  fill();
  hart_.mmu.flush();
  EXPECT_TRUE(hart_.mmu.translations_dropped);
  EXPECT_FALSE(loads() || stores());
  enter_space(0);
  EXPECT_FALSE(loads() || stores() || loads(kSecondVa) || stores(kSecondVa));
}

// As at a checkpoint: a store must be seen before its frame can be dirty again.
TEST_P(FastTlbTest, FlushOfWritesDropsStoresOnly) {
  fill_both_pages();
  ram_->clear_flags(kFrameDirty);
  hart_.mmu.flush_writes();
  EXPECT_TRUE(loads() && loads(kSecondVa));
  EXPECT_FALSE(stores() || stores(kSecondVa));
  EXPECT_TRUE(hart_.mmu.translations_dropped);
  EXPECT_EQ(hart_.mmu.fill_fast(kVa, Access::kStore), nullptr);
}

TEST_P(FastTlbTest, FrameWithCodeLosesItsStoresOnly) {
  fill_both_pages();
  hart_.mmu.mark_code(Gpa{kPage + 8});
  EXPECT_TRUE(loads() && loads(kSecondVa) && stores(kSecondVa));
  EXPECT_FALSE(stores());
  EXPECT_TRUE(hart_.mmu.translations_dropped);
}

TEST_P(FastTlbTest, FrameThatBecomesATableLosesItsStoresThroughEveryAddress) {
  second_entry() = pte(kPage, kAll);
  fill_both_pages();
  status(mstatus::kSum);
  fill();
  Entry middle{*ram_, Gpa{table(1) + 8}};
  middle = kPage >> 2 | kV;
  Entry leaf{*ram_, Gpa{kPage}};
  leaf = pte(kRam, kAll);
  ASSERT_TRUE(loads() && stores());
  ASSERT_TRUE(hart_.mmu.load(kVa + 0x200000, 8));
  EXPECT_TRUE(loads());
  EXPECT_FALSE(stores());
  hart_.state.mstatus &= ~mstatus::kSum;
  hart_.mmu.update_context();
  EXPECT_TRUE(loads() && loads(kSecondVa));
  EXPECT_FALSE(stores() || stores(kSecondVa));
}

TEST_P(FastTlbTest, NoSpaceInheritsFromAnotherWhenRootSlotsRunOut) {
  fill();
  hart_.mmu.translations_dropped = false;
  for (uint64_t asid = 1; asid < 600; ++asid) {
    enter_space(asid);
    ASSERT_FALSE(loads() || stores()) << asid;
    fill();
  }
  EXPECT_TRUE(hart_.mmu.translations_dropped);
}

TEST_P(FastTlbTest, SpaceKeepsItsPagesUntilSixteenOthersRan) {
  enter_space(1);
  fill();
  for (uint64_t asid = 2; asid <= 16; ++asid) enter_space(asid);
  enter_space(1);
  EXPECT_TRUE(loads() && stores());
  for (uint64_t asid = 2; asid <= 17; ++asid) enter_space(asid);
  enter_space(1);
  EXPECT_FALSE(loads() || stores());
}

TEST_P(FastTlbTest, SpaceThatTakesAnothersPlaceFindsItEmpty) {
  for (uint64_t asid = 1; asid <= 40; ++asid) {
    enter_space(asid);
    EXPECT_FALSE(loads() || stores()) << asid;
    fill();
  }
}

TEST_P(FastTlbTest, ChangedEntryOfADataPageMovesNoFetchEpoch) {
  entry(0) = pte(kPage, kAll & ~kX);
  fill();
  hart_.mmu.code_changed = hart_.mmu.translations_dropped = false;
  uint64_t epoch = hart_.mmu.fetch_epoch(kVa);
  entry(0) = pte(kSecondPage, kAll);
  EXPECT_EQ(hart_.mmu.fetch_epoch(kVa), epoch);
  EXPECT_FALSE(hart_.mmu.code_changed);
  EXPECT_FALSE(loads() || stores());
  EXPECT_TRUE(hart_.mmu.translations_dropped);
}

TEST_P(FastTlbTest, ChangedEntryOfAnExecutablePageOrAnUpperOneMovesTheFetchEpoch) {
  for (unsigned level = 0; level < levels(); ++level) {
    ASSERT_EQ(cause_of_fetch(), 0u);
    hart_.mmu.code_changed = hart_.mmu.translations_dropped = false;
    uint64_t epoch = hart_.mmu.fetch_epoch(kVa);
    entry(level) = static_cast<uint64_t>(entry(level));
    EXPECT_NE(hart_.mmu.fetch_epoch(kVa), epoch) << level;
    EXPECT_TRUE(hart_.mmu.code_changed && hart_.mmu.translations_dropped);
    EXPECT_FALSE(hart_.mmu.fetch_holds_for_page(kVa));
  }
}

INSTANTIATE_TEST_SUITE_P(Cached, SharedHighHalfTest,
                         testing::Values(Mode{satp::kSv39, Caching::kOn}, Mode{satp::kSv48, Caching::kOn}),
                         [](const auto& mode) {
                           return std::string(mode.param.satp_mode == satp::kSv39 ? "Sv39" : "Sv48");
                         });
INSTANTIATE_TEST_SUITE_P(Cached, FastTlbTest,
                         testing::Values(Mode{satp::kSv39, Caching::kOn}, Mode{satp::kSv48, Caching::kOn}),
                         [](const auto& mode) {
                           return std::string(mode.param.satp_mode == satp::kSv39 ? "Sv39" : "Sv48");
                         });

}  // namespace
}  // namespace recount::test
