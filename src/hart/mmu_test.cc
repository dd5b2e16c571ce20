// The page-table walk in Sv39 and Sv48, and what it shares with MPRV, SUM, MXR and PMP.
// Privileged spec, "Virtual Address Translation Process". Run with and without caches: they must not show.

#include "hart/mmu.h"

#include <gtest/gtest.h>

#include "hart/hart.h"

namespace recount {
namespace {

constexpr uint64_t kRam = 0x80000000;
constexpr uint64_t kV = 1, kR = 2, kW = 4, kX = 8, kU = 16, kA = 64, kD = 128;
constexpr uint64_t kAll = kV | kR | kW | kX | kA | kD;
constexpr uint64_t kTables[4] = {kRam + 0x4000, kRam + 0x5000, kRam + 0x6000,
                                 kRam + 0x7000};  // from the root down
constexpr uint64_t kPage = kRam + 0x10000;

struct Mode {
  uint64_t satp_mode;
  Caching caching;
};

class MmuTest : public testing::TestWithParam<Mode> {
 protected:
  MmuTest() {
    // Address 0x40000000 leads through all tables to the leaf entry.
    for (unsigned level = levels() - 1; level > 0; --level) entry(level) = (table(level - 1) >> 2) | kV;
    entry(0) = pte(kPage, kAll);
    hart_.state.satp = GetParam().satp_mode << satp::kModeShift | table(levels() - 1) >> kPageShift;
    hart_.state.privilege = Privilege::kSupervisor;
    hart_.mmu.update_context();
  }

  static constexpr uint64_t kVa = 0x40000000;
  unsigned levels() const { return GetParam().satp_mode == satp::kSv39 ? 3 : 4; }
  static uint64_t table(unsigned level) { return kTables[3 - level]; }
  static uint64_t pte(uint64_t address, uint64_t flags) { return address >> 2 | flags; }
  // The entry of that level on the way to kVa. Changing it through this is what DMA does: seen by the
  // watcher.
  struct Entry {
    Ram& ram;
    Gpa gpa;
    operator uint64_t() const { return load_le<uint64_t>(ram.host(gpa)); }
    Entry& operator=(uint64_t v) {
      ram.note_write(gpa, 8);
      store_le(ram.host(gpa), v);
      return *this;
    }
  };
  Entry entry(unsigned level) { return {*ram_, Gpa{table(level) + (kVa >> (12 + 9 * level) & 511) * 8}}; }

  // 0: it went through.
  uint64_t cause_of_load(uint64_t va = kVa) {
    auto v = hart_.mmu.load(va, 8);
    if (v) return 0;
    tval_ = v.error().tval;
    return static_cast<uint64_t>(v.error().cause);
  }
  uint64_t cause_of_store(uint64_t va = kVa) {
    auto done = hart_.mmu.store(va, 8, 0);
    if (done) return 0;
    tval_ = done.error().tval;
    return static_cast<uint64_t>(done.error().cause);
  }
  uint64_t cause_of_fetch(uint64_t va = kVa) {
    auto gpa = hart_.mmu.translate_fetch(va);
    if (gpa) return 0;
    tval_ = gpa.error().tval;
    return static_cast<uint64_t>(gpa.error().cause);
  }
  void in(Privilege p) {
    hart_.state.privilege = p;
    hart_.mmu.update_context();
  }
  void status(uint64_t bits) {
    hart_.state.mstatus |= bits;
    hart_.mmu.update_context();
  }

  std::unique_ptr<Ram> ram_ = *Ram::create(Gpa{kRam}, 2 << 20);
  Bus bus_;
  Timebase time_;
  Hart hart_{0, *ram_, bus_, time_, GetParam().caching};
  uint64_t tval_ = 0;
  struct Watch {
    Watch(Ram& ram, Mmu& mmu) { ram.set_watcher(&mmu); }
  } watch_{*ram_, hart_.mmu};
};

TEST_P(MmuTest, MapsToThePage) {
  store_le(ram_->host(Gpa{kPage + 8}), uint64_t{0x1234});
  EXPECT_EQ(*hart_.mmu.load(kVa + 8, 8), 0x1234u);
  EXPECT_EQ(raw(*hart_.mmu.translate_fetch(kVa + 2)), kPage + 2);
}

TEST_P(MmuTest, EachKindOfAccessHasItsOwnFault) {
  entry(0) = 0;
  EXPECT_EQ(cause_of_load(kVa + 3), 13u);
  EXPECT_EQ(tval_, kVa + 3);
  EXPECT_EQ(cause_of_store(), 15u);
  EXPECT_EQ(cause_of_fetch(), 12u);
}

TEST_P(MmuTest, PermissionsAreAskedForEachAccess) {
  entry(0) = pte(kPage, kV | kR | kA | kD);
  EXPECT_EQ(cause_of_load(), 0u);
  EXPECT_EQ(cause_of_store(), 15u);
  EXPECT_EQ(cause_of_fetch(), 12u);
  entry(0) = pte(kPage, kV | kX | kA | kD);
  EXPECT_EQ(cause_of_load(), 13u);
  EXPECT_EQ(cause_of_fetch(), 0u);
  entry(0) = pte(kPage, kV | kW | kA | kD);  // reserved
  EXPECT_EQ(cause_of_store(), 15u);
}

TEST_P(MmuTest, ReservedBitsFaultAtEveryLevel) {
  for (unsigned level = 0; level < levels(); ++level) {
    for (unsigned bit = 54; bit < 64; ++bit) {
      uint64_t good = entry(level);
      entry(level) = good | 1ull << bit;
      EXPECT_EQ(cause_of_load(), 13u) << level << " " << bit;
      entry(level) = good;
      EXPECT_EQ(cause_of_load(), 0u);
    }
  }
}

TEST_P(MmuTest, PointersWithADOrUFault) {
  for (unsigned level = 1; level < levels(); ++level) {
    for (uint64_t bit : {kA, kD, kU}) {
      uint64_t good = entry(level);
      entry(level) = good | bit;
      EXPECT_EQ(cause_of_load(), 13u);
      entry(level) = good;
    }
  }
}

TEST_P(MmuTest, PointerAtTheLastLevelFaults) {
  entry(0) = pte(kPage, kV);
  EXPECT_EQ(cause_of_load(), 13u);
}

TEST_P(MmuTest, SuperpagesMapTheirRangeAndMustBeAligned) {
  entry(1) = pte(kRam, kAll);
  store_le(ram_->host(Gpa{kPage}), uint64_t{77});
  EXPECT_EQ(*hart_.mmu.load(kVa + 0x10000, 8), 77u);
  entry(1) = pte(kRam + kPageSize, kAll);
  EXPECT_EQ(cause_of_load(), 13u);
}

TEST_P(MmuTest, AddressThatIsNotCanonicalFaults) {
  unsigned bits = 12 + 9 * levels();
  for (uint64_t va : {1ull << (bits - 1), 1ull << bits, 1ull << 63, ~0ull << bits}) {
    EXPECT_EQ(cause_of_load(va), 13u) << std::hex << va;
    EXPECT_EQ(tval_, va);
  }
}

TEST_P(MmuTest, AccessedIsSetByEveryAccessAndDirtyByStoresOnly) {
  entry(0) = pte(kPage, kV | kR | kW | kX);
  EXPECT_EQ(cause_of_load(), 0u);
  EXPECT_EQ(entry(0) & (kA | kD), kA);
  entry(0) = pte(kPage, kV | kR | kW | kX);
  EXPECT_EQ(cause_of_fetch(), 0u);
  EXPECT_EQ(entry(0) & (kA | kD), kA);
  EXPECT_EQ(cause_of_store(), 0u);
  EXPECT_EQ(entry(0) & (kA | kD), kA | kD);
}

TEST_P(MmuTest, AccessThatFaultsSetsNothing) {
  entry(0) = pte(kPage, kV | kR);
  EXPECT_EQ(cause_of_store(), 15u);
  EXPECT_EQ(entry(0) & (kA | kD), 0u);
}

TEST_P(MmuTest, AccessedClearedWithoutAFenceIsSetAgain) {
  EXPECT_EQ(cause_of_store(), 0u);
  entry(0) = pte(kPage, kV | kR | kW | kX);
  EXPECT_EQ(hart_.mmu.cached_store(kVa, 8), nullptr);
  EXPECT_EQ(cause_of_load(), 0u);
  EXPECT_EQ(entry(0) & (kA | kD), kA);
}

// "Memory Privilege in mstatus Register".
TEST_P(MmuTest, SumOpensUserPagesForDataOnly) {
  entry(0) = pte(kPage, kAll | kU);
  EXPECT_EQ(cause_of_load(), 13u);
  status(mstatus::kSum);
  EXPECT_EQ(cause_of_load(), 0u);
  EXPECT_EQ(cause_of_fetch(), 12u);
  in(Privilege::kUser);
  EXPECT_EQ(cause_of_fetch(), 0u);
}

TEST_P(MmuTest, UserCannotReachSupervisorPages) {
  in(Privilege::kUser);
  status(mstatus::kSum);
  EXPECT_EQ(cause_of_load(), 13u);
  EXPECT_EQ(cause_of_fetch(), 12u);
}

TEST_P(MmuTest, MxrMakesExecutablePagesReadable) {
  entry(0) = pte(kPage, kV | kX | kA | kD);
  EXPECT_EQ(cause_of_load(), 13u);
  status(mstatus::kMxr);
  EXPECT_EQ(cause_of_load(), 0u);
  EXPECT_EQ(cause_of_store(), 15u);
}

TEST_P(MmuTest, MprvLendsMachineModeAnotherModesEyesForData) {
  in(Privilege::kMachine);
  EXPECT_EQ(cause_of_load(), 5u);  // 0x40000000 is no memory
  status(mstatus::kMprv | 1ull << mstatus::kMppShift);
  EXPECT_EQ(cause_of_load(), 0u);
  EXPECT_EQ(cause_of_fetch(), 1u);
}

TEST_P(MmuTest, TableOutsideOfMemoryIsAnAccessFault) {
  entry(1) = 0x40000000ull >> 2 | kV;
  EXPECT_EQ(cause_of_load(), 5u);
  EXPECT_EQ(cause_of_store(), 7u);
  EXPECT_EQ(cause_of_fetch(), 1u);
}

TEST_P(MmuTest, TableThatPmpHidesIsAnAccessFault) {
  hart_.state.pmpcfg[0] = 3 << 3;  // NAPOT, nothing allowed
  hart_.state.pmpaddr[0] = table(0) >> 2 | 0x1ff;
  hart_.state.pmpcfg[1] = 3 << 3 | 7;
  hart_.state.pmpaddr[1] = (1ull << 54) - 1;
  hart_.mmu.flush();
  EXPECT_EQ(cause_of_load(), 5u);
  EXPECT_EQ(cause_of_store(), 7u);
}

// Unprivileged spec, "Load and Store Instructions": misaligned accesses are done whole; the fault names the
// part.
TEST_P(MmuTest, StoreAcrossPagesHappensWholeOrNotAtAll) {
  uint64_t border = kVa + kPageSize;
  store_le(ram_->host(Gpa{kPage + kPageSize - 8}), uint64_t{0x1111111111111111});
  EXPECT_EQ(cause_of_store(border - 4), 15u);
  EXPECT_EQ(tval_, border);
  EXPECT_EQ(load_le<uint64_t>(ram_->host(Gpa{kPage + kPageSize - 8})), 0x1111111111111111u);
  EXPECT_EQ(cause_of_load(border - 4), 13u);
  EXPECT_EQ(tval_, border);
  Entry second{*ram_, Gpa{table(0) + 8}};
  second = pte(kPage + 0x8000, kAll);
  ASSERT_TRUE(hart_.mmu.store(border - 4, 8, 0x8877665544332211));
  EXPECT_EQ(load_le<uint32_t>(ram_->host(Gpa{kPage + kPageSize - 4})), 0x44332211u);
  EXPECT_EQ(load_le<uint32_t>(ram_->host(Gpa{kPage + 0x8000})), 0x88776655u);
  EXPECT_EQ(*hart_.mmu.load(border - 4, 8), 0x8877665544332211u);
}

TEST_P(MmuTest, MisalignedAtomicFaultsAndDevicesHaveNone) {
  EXPECT_EQ(hart_.mmu.translate_atomic(kVa + 4, 8, Access::kStore).error().cause, Cause::kStoreMisaligned);
  EXPECT_EQ(hart_.mmu.translate_atomic(kVa + 4, 8, Access::kLoad).error().cause, Cause::kLoadMisaligned);
  entry(0) = pte(0x10000000, kAll);
  EXPECT_EQ(hart_.mmu.translate_atomic(kVa, 8, Access::kStore).error().cause, Cause::kStoreAccess);
}

TEST_P(MmuTest, RemappingWithoutAFenceIsSeenByTheNextAccess) {
  store_le(ram_->host(Gpa{kPage}), uint64_t{1});
  store_le(ram_->host(Gpa{kPage + kPageSize}), uint64_t{2});
  for (unsigned round = 0; round < 3; ++round) {
    entry(0) = pte(kPage, kAll);
    EXPECT_EQ(*hart_.mmu.load(kVa, 8), 1u);
    entry(0) = pte(kPage + kPageSize, kAll);
    EXPECT_EQ(*hart_.mmu.load(kVa, 8), 2u);
  }
  // At an upper level too.
  uint64_t pointer = entry(1);
  entry(1) = 0;
  EXPECT_EQ(cause_of_load(), 13u);
  entry(1) = pointer;
  EXPECT_EQ(*hart_.mmu.load(kVa, 8), 2u);
}

// A frame that becomes a page table while a write translation to it is cached.
TEST_P(MmuTest, StoreThroughAnOldTranslationToANewTableIsSeen) {
  Entry to_table{*ram_, Gpa{table(0) + 8}};
  to_table = pte(kRam + 0x20000, kAll);
  ASSERT_TRUE(hart_.mmu.store(kVa + kPageSize, 8, pte(kPage, kAll)));  // the future leaf table's first entry
  ASSERT_TRUE(hart_.mmu.store(kVa + kPageSize, 8, pte(kPage, kAll)));
  Entry middle{*ram_, Gpa{table(1) + 8}};
  middle = (kRam + 0x20000) >> 2 | kV;
  store_le(ram_->host(Gpa{kPage}), uint64_t{1});
  EXPECT_EQ(*hart_.mmu.load(kVa + 0x200000, 8), 1u);
  EXPECT_EQ(hart_.mmu.cached_store(kVa + kPageSize, 8), nullptr);
  ASSERT_TRUE(hart_.mmu.store(kVa + kPageSize, 8, 0));
  EXPECT_EQ(cause_of_load(kVa + 0x200000), 13u);
}

// The marks are forgotten when there were too many stores to tables: by this store too, which changes the
// entry that it came through.
TEST_P(MmuTest, StoreThatForgetsTheMarksIsNotCachedThroughTheEntryThatItChanges) {
  entry(0) = pte(table(0), kAll);
  for (unsigned i = 0; i < 16384; ++i) ASSERT_TRUE(hart_.mmu.store(kVa + 8, 8, 0));
  ASSERT_TRUE(hart_.mmu.store(kVa, 8, pte(kPage, kAll)));
  EXPECT_EQ(hart_.mmu.cached_store(kVa + 16, 8), nullptr);
  ASSERT_TRUE(hart_.mmu.store(kVa + 16, 8, 7));
  EXPECT_EQ(load_le<uint64_t>(ram_->host(Gpa{kPage + 16})), 7u);
}

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

INSTANTIATE_TEST_SUITE_P(Modes, MmuTest,
                         testing::Values(Mode{satp::kSv39, Caching::kOff}, Mode{satp::kSv39, Caching::kOn},
                                         Mode{satp::kSv48, Caching::kOff}, Mode{satp::kSv48, Caching::kOn}),
                         [](const auto& mode) {
                           return std::string(mode.param.satp_mode == satp::kSv39 ? "Sv39" : "Sv48") +
                                  (mode.param.caching == Caching::kOn ? "Cached" : "Walking");
                         });

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
}  // namespace recount
