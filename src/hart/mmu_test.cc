// The page-table walk in Sv39 and Sv48, and what it shares with MPRV, SUM, MXR and PMP.
// Privileged spec, "Virtual Address Translation Process". Run with and without caches: they must not show.

#include "hart/mmu_fixture.h"

namespace recount::test {
namespace {

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

INSTANTIATE_TEST_SUITE_P(Modes, MmuTest,
                         testing::Values(Mode{satp::kSv39, Caching::kOff}, Mode{satp::kSv39, Caching::kOn},
                                         Mode{satp::kSv48, Caching::kOff}, Mode{satp::kSv48, Caching::kOn}),
                         [](const auto& mode) {
                           return std::string(mode.param.satp_mode == satp::kSv39 ? "Sv39" : "Sv48") +
                                  (mode.param.caching == Caching::kOn ? "Cached" : "Walking");
                         });

}  // namespace
}  // namespace recount::test
