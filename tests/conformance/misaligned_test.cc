// Loads and stores that are not aligned are done whole, also across pages, or not at all. Unprivileged, "Load and Store
// Instructions": "An EEI may guarantee that misaligned loads and stores are fully supported"; here they are, in RAM.
// docs/conformance.md.

#include "conformance/conformance.h"

namespace recount::test {
namespace {

class Misaligned : public Conformance {
 protected:
  static constexpr uint64_t kPattern = 0xf7e6d5c4b3a29180;
};

TEST_P(Misaligned, EveryOffsetInAPageLoadsAndStoresItsBytes) {
  for (unsigned offset = 0; offset < 8; ++offset) {
    hart_.x[5] = kRam + kData + offset;
    hart_.x[6] = kPattern;
    put64(kData, 0), put64(kData + 8, 0);
    put(kCode, Assembler()
                   .emit(Op::kSd, {.rs1 = 5, .rs2 = 6})
                   .emit(Op::kLd, {.rd = 10, .rs1 = 5})
                   .emit(Op::kLw, {.rd = 11, .rs1 = 5, .imm = 1})
                   .emit(Op::kLwu, {.rd = 12, .rs1 = 5, .imm = 3})
                   .emit(Op::kLh, {.rd = 13, .rs1 = 5, .imm = 5})
                   .emit(Op::kLhu, {.rd = 14, .rs1 = 5, .imm = 5})
                   .emit(Op::kJal));
    const HartState& s = run();
    EXPECT_EQ(s.x[10], kPattern);
    EXPECT_EQ(s.x[11], 0xffffffffc4b3a291u);
    EXPECT_EQ(s.x[12], 0xe6d5c4b3u);
    EXPECT_EQ(s.x[13], 0xffffffffffffe6d5u);
    EXPECT_EQ(s.x[14], 0xe6d5u);
    EXPECT_EQ(get64(kData), kPattern << (8 * offset));
  }
}
// The two pages are not neighbours in memory.
TEST_P(Misaligned, AccessAcrossPagesJoinsThem) {
  page_tables(kKernelPage & ~(pte::kA | pte::kD));
  constexpr uint64_t kOther = 0x20000;
  put64(kLeaf + 16, (kRam + kOther) >> 2 | (kKernelPage & ~(pte::kA | pte::kD)));
  for (unsigned before = 1; before < 8; ++before) {
    hart_.x[5] = kDataPage + kPageSize - before;
    hart_.x[6] = kPattern;
    put64(kData + kPageSize - 8, 0), put64(kOther, 0);
    put(kCode, Assembler().emit(Op::kSd, {.rs1 = 5, .rs2 = 6}).emit(Op::kLd, {.rd = 10, .rs1 = 5}).emit(Op::kJal));
    EXPECT_EQ(run().x[10], kPattern);
    EXPECT_EQ(get64(kData + kPageSize - 8), kPattern << (8 * (8 - before)));
    EXPECT_EQ(get64(kOther), kPattern >> (8 * before));
  }
  EXPECT_EQ(get64(kLeaf + 8) & get64(kLeaf + 16) & (pte::kA | pte::kD), pte::kA | pte::kD);
}
// Machine-Level ISA, "Machine Trap Value (mtval) Register": "the virtual address of the portion of the access that caused
// the fault". Parts "may succeed before a page-fault exception occurs"; ours never do.
TEST_P(Misaligned, FaultInTheSecondPageNamesItAndNothingIsStored) {
  page_tables(kKernelPage);
  put64(kData + kPageSize - 8, kPattern);
  hart_.x[5] = kDataPage + kPageSize - 3;
  EXPECT_EQ(cause_of(Op::kSd, {.rs1 = 5, .rs2 = 5}), 15u);
  EXPECT_EQ(machine_->machine().hart().mtval, kDataPage + kPageSize);
  EXPECT_EQ(get64(kData + kPageSize - 8), kPattern);
  EXPECT_EQ(cause_of(Op::kLd, {.rd = 10, .rs1 = 5}), 13u);
  EXPECT_EQ(machine_->machine().hart().mtval, kDataPage + kPageSize);
}
TEST_P(Misaligned, FaultInTheFirstPageComesFirst) {
  page_tables(0);
  put64(kLeaf + 16, (kRam + kData) >> 2 | kKernelPage);
  hart_.x[5] = kDataPage + kPageSize - 3;
  EXPECT_EQ(cause_of(Op::kSd, {.rs1 = 5, .rs2 = 5}), 15u);
  EXPECT_EQ(machine_->machine().hart().mtval, kDataPage + kPageSize - 3);
  EXPECT_EQ(get64(kData), 0u) << "the second page is as it was";
}
TEST_P(Misaligned, ReadOnlySecondPageStopsAStoreAndNoLoad) {
  page_tables(kKernelPage);
  put64(kLeaf + 16, (kRam + 0x20000) >> 2 | pte::kV | pte::kR | pte::kA | pte::kD);
  hart_.x[5] = kDataPage + kPageSize - 4;
  EXPECT_EQ(cause_of(Op::kLd, {.rd = 10, .rs1 = 5}), 0u);
  EXPECT_EQ(cause_of(Op::kSd, {.rs1 = 5, .rs2 = 5}), 15u);
  EXPECT_EQ(machine_->machine().hart().mtval, kDataPage + kPageSize);
}
// At the end of RAM there is nothing to cross into.
TEST_P(Misaligned, AccessThatRunsOutOfRamIsAnAccessFault) {
  uint64_t end = kRam + (16 << 20);
  hart_.x[5] = end - 4;
  EXPECT_EQ(cause_of(Op::kLd, {.rd = 10, .rs1 = 5}), 5u);
  EXPECT_EQ(machine_->machine().hart().mtval, end);
  EXPECT_EQ(cause_of(Op::kSd, {.rs1 = 5, .rs2 = 5}), 7u);
  EXPECT_EQ(machine_->machine().hart().mtval, end);
  EXPECT_EQ(get64((16 << 20) - 8), 0u) << "nothing is stored";
  EXPECT_EQ(cause_of(Op::kLw, {.rd = 10, .rs1 = 5}), 0u);
}
// Devices have aligned registers only: Machine-Level ISA, "Supported Access Type PMAs".
TEST_P(Misaligned, DevicesTakeAlignedAccessesOnly) {
  hart_.x[5] = raw(board::kAclint) + 2;
  EXPECT_EQ(cause_of(Op::kLw, {.rd = 10, .rs1 = 5}), 5u);
  EXPECT_EQ(cause_of(Op::kSw, {.rs1 = 5, .rs2 = 5}), 7u);
}
// The halves of a float are found the same way.
TEST_P(Misaligned, FloatsAreLoadedAndStoredWhole) {
  page_tables(kKernelPage);
  put64(kLeaf + 16, (kRam + 0x20000) >> 2 | kKernelPage);
  hart_.mstatus |= mstatus::kFs;
  hart_.f[1] = kPattern;
  hart_.x[5] = kDataPage + kPageSize - 3;
  put(kCode, Assembler().emit(Op::kFsd, {.rs1 = 5, .rs2 = 1}).emit(Op::kFld, {.rd = 2, .rs1 = 5}).emit(Op::kJal));
  EXPECT_EQ(run().f[2], kPattern);
}

INSTANTIATE_TEST_SUITE_P(Engines, Misaligned, kEveryEngine, engine_of);

}  // namespace
}  // namespace recount::test
