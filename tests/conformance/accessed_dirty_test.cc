// A and D are set by the walker itself, exactly. Supervisor-Level ISA, "Addressing and Memory Protection" of Sv32 (which
// Sv39 and Sv48 share), and step 9 of "Virtual Address Translation Process". There is no Svade and no menvcfg.ADUE.

#include "conformance/conformance.h"

namespace recount::test {
namespace {

constexpr uint64_t kFresh = kKernelPage & ~(pte::kA | pte::kD);

class AccessedDirty : public Conformance {
 protected:
  AccessedDirty() { hart_.x[5] = kDataPage; }
  uint64_t data_entry() { return get64(kLeaf + 8) & (pte::kA | pte::kD); }
};

TEST_P(AccessedDirty, LoadSetsAOnly) {
  page_tables(kFresh);
  EXPECT_EQ(cause_of(Op::kLb, {.rd = 6, .rs1 = 5}), 0u);
  EXPECT_EQ(data_entry(), pte::kA);
  EXPECT_EQ(get64(kLeaf + 8), (kRam + kData) >> 2 | kFresh | pte::kA) << "and nothing else of the entry";
}
TEST_P(AccessedDirty, StoreSetsBoth) {
  page_tables(kFresh);
  EXPECT_EQ(cause_of(Op::kSb, {.rs1 = 5, .rs2 = 5}), 0u);
  EXPECT_EQ(data_entry(), pte::kA | pte::kD);
}
TEST_P(AccessedDirty, StoreAfterALoadStillSetsD) {
  page_tables(kFresh);
  put(kCode, Assembler().emit(Op::kLd, {.rd = 6, .rs1 = 5}).emit(Op::kSd, {.rs1 = 5, .rs2 = 6}).emit(Op::kJal));
  run();
  EXPECT_EQ(data_entry(), pte::kA | pte::kD);
}
TEST_P(AccessedDirty, FetchSetsAOfWhatItExecutesOnly) {
  page_tables(kFresh, satp::kSv39, kFresh);
  // Up to the page's very end, and not beyond.
  put(kCode + kPageSize - 4, Assembler().emit(Op::kEcall));
  hart_.pc = kDataPage - 4;
  EXPECT_EQ(run().mcause, 9u);
  EXPECT_EQ(get64(kLeaf) & (pte::kA | pte::kD), pte::kA);
  EXPECT_EQ(data_entry(), 0u) << "nobody has fetched there";
}
TEST_P(AccessedDirty, SecondHalfOfAnInstructionIsFetchedToo) {
  page_tables(kFresh);
  put16(kData - 2, 0x0513);  // addi a0, x0, 5
  put16(kData, 0x0050);
  put(kData + 4, Assembler().emit(Op::kEcall));
  put16(kData + 2, 0x0001);  // c.nop
  hart_.pc = kDataPage - 2;
  EXPECT_EQ(run().x[10], 5u);
  EXPECT_EQ(data_entry(), pte::kA);
}
TEST_P(AccessedDirty, AmoSetsBothWhateverItWrites) {
  page_tables(kFresh);
  EXPECT_EQ(cause_of(Op::kAmoorW, {.rd = 6, .rs1 = 5, .rs2 = 0}), 0u);
  EXPECT_EQ(data_entry(), pte::kA | pte::kD);
}
TEST_P(AccessedDirty, LoadReservedSetsAOnly) {
  page_tables(kFresh);
  EXPECT_EQ(cause_of(Op::kLrW, {.rd = 6, .rs1 = 5}), 0u);
  EXPECT_EQ(data_entry(), pte::kA);
}
// Steps 5 to 8 come before step 9.
TEST_P(AccessedDirty, AccessThatFaultsSetsNothing) {
  page_tables(kFresh & ~pte::kW);
  EXPECT_EQ(cause_of(Op::kSd, {.rs1 = 5, .rs2 = 5}), 15u);
  EXPECT_EQ(data_entry(), 0u);
  page_tables(kFresh | pte::kU);
  EXPECT_EQ(cause_of(Op::kLd, {.rd = 6, .rs1 = 5}), 13u);
  EXPECT_EQ(data_entry(), 0u);
}
TEST_P(AccessedDirty, NotTakenBranchBeforeAnAccessSetsNothing) {
  page_tables(kFresh);
  put(kCode, Assembler()
                 .emit(Op::kBeq, {.rs1 = 0, .rs2 = 0, .imm = 8})
                 .emit(Op::kSd, {.rs1 = 5, .rs2 = 5})
                 .emit(Op::kJal));
  run();
  EXPECT_EQ(data_entry(), 0u);
}
TEST_P(AccessedDirty, AccessBehindATrapSetsNothing) {
  page_tables(kFresh);
  put(kCode, Assembler().emit(Op::kEcall).emit(Op::kSd, {.rs1 = 5, .rs2 = 5}).emit(Op::kJal));
  EXPECT_EQ(run().mcause, 9u);
  EXPECT_EQ(data_entry(), 0u);
}
// "The PTE updates ... only ... accessed and dirty bits may only be updated in memory directly": the guest may clear them
// without a fence, and our caches cannot be seen: the next access sets them again.
TEST_P(AccessedDirty, ClearedWithoutAFenceTheyAreSetAgain) {
  page_tables(kFresh);
  hart_.x[7] = 2ull << 30 | (kLeaf + 8);  // RAM is mapped where it is
  hart_.x[8] = (kRam + kData) >> 2 | kFresh;
  put(kCode, Assembler()
                 .emit(Op::kSd, {.rs1 = 5, .rs2 = 5})
                 .emit(Op::kLd, {.rd = 10, .rs1 = 7})
                 .emit(Op::kSd, {.rs1 = 7, .rs2 = 8})
                 .emit(Op::kLd, {.rd = 11, .rs1 = 7})
                 .emit(Op::kLd, {.rd = 6, .rs1 = 5})
                 .emit(Op::kLd, {.rd = 12, .rs1 = 7})
                 .emit(Op::kSd, {.rs1 = 5, .rs2 = 5})
                 .emit(Op::kLd, {.rd = 13, .rs1 = 7})
                 .emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.x[10] & (pte::kA | pte::kD), pte::kA | pte::kD);
  EXPECT_EQ(s.x[11] & (pte::kA | pte::kD), 0u);
  EXPECT_EQ(s.x[12] & (pte::kA | pte::kD), pte::kA);
  EXPECT_EQ(s.x[13] & (pte::kA | pte::kD), pte::kA | pte::kD);
}
TEST_P(AccessedDirty, SuperpagesEntryIsSetWhereItIs) {
  page_tables(kFresh);
  put64(kMiddle + 8, kRam >> 2 | kFresh);
  hart_.x[5] = kWindow + (2 << 20) + kData;
  EXPECT_EQ(cause_of(Op::kSd, {.rs1 = 5, .rs2 = 5}), 0u);
  EXPECT_EQ(get64(kMiddle + 8) & (pte::kA | pte::kD), pte::kA | pte::kD);
  EXPECT_EQ(get64(kRoot + 8) & (pte::kA | pte::kD), 0u) << "pointers have none";
}
// "If a store to the PTE ... would violate a PMA or PMP check, raise an access-fault exception corresponding to the original
// access type."
TEST_P(AccessedDirty, TableThatMayOnlyBeReadIsAnAccessFault) {
  page_tables(kFresh);
  hart_.pmpaddr[0] = (kRam + kLeaf) >> 2 | 0x1ff;  // its page
  hart_.pmpcfg[0] = 3 << 3 | 1;
  hart_.pmpaddr[1] = (1ull << 54) - 1;
  hart_.pmpcfg[1] = 3 << 3 | 7;
  EXPECT_EQ(cause_of(Op::kLd, {.rd = 6, .rs1 = 5}), 5u);
  EXPECT_EQ(cause_of(Op::kSd, {.rs1 = 5, .rs2 = 5}), 7u);
  EXPECT_EQ(data_entry(), 0u);
  page_tables(kKernelPage);
  EXPECT_EQ(cause_of(Op::kSd, {.rs1 = 5, .rs2 = 5}), 0u) << "with A and D set it need not be written";
}

INSTANTIATE_TEST_SUITE_P(Engines, AccessedDirty, kEveryEngine, engine_of);

}  // namespace
}  // namespace recount::test
