// LR and SC. Unprivileged, "Zalrsc Extension for Load-Reserved/Store-Conditional Instructions". The reservation set is the
// bytes that LR read; it is held until an SC, whatever it does, and survives traps ("Trap-Return Instructions": xRET "is
// allowed to clear" it, "but is not required to").

#include "conformance/conformance.h"

namespace recount::test {
namespace {

class Reservation : public Conformance {
 protected:
  // Translations are cached before the first of these: engines take their fast ways.
  static Assembler warm() { return Assembler().emit(Op::kSd, {.rs1 = 6, .rs2 = 0, .imm = 64}); }

  Reservation() {
    hart_.x[5] = kRam + kData;
    hart_.x[6] = kRam + kData + 64;
  }
};

TEST_P(Reservation, StoreConditionalSucceedsOnceAndOnlyAtItsAddress) {
  put(kCode, warm()
                 .emit(Op::kLrD, {.rd = 7, .rs1 = 5})
                 .emit(Op::kScD, {.rd = 10, .rs1 = 5, .rs2 = 6})
                 .emit(Op::kScD, {.rd = 11, .rs1 = 5, .rs2 = 5})
                 .emit(Op::kLrD, {.rd = 7, .rs1 = 5})
                 .emit(Op::kScD, {.rd = 12, .rs1 = 6, .rs2 = 5})
                 .emit(Op::kScD, {.rd = 13, .rs1 = 5, .rs2 = 5})
                 .emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.x[10], 0u);
  EXPECT_EQ(s.x[11], 1u) << "the first one took the reservation";
  EXPECT_EQ(s.x[12], 1u) << "another address";
  EXPECT_EQ(s.x[13], 1u) << "an SC to any address lies between";
  EXPECT_EQ(get64(kData), kRam + kData + 64);
  EXPECT_EQ(get64(kData + 64), 0u);
}
// "LR.W loads a word ..., places the sign-extended value in rd".
TEST_P(Reservation, WordsAreSignExtendedAndWriteFourBytesOnly) {
  put64(kData, 0x1111111180000001);
  put(kCode, warm().emit(Op::kLrW, {.rd = 7, .rs1 = 5}).emit(Op::kScW, {.rd = 10, .rs1 = 5, .rs2 = 6}).emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.x[7], 0xffffffff80000001u);
  EXPECT_EQ(s.x[10], 0u);
  EXPECT_EQ(get64(kData), 0x1111111100000000u | static_cast<uint32_t>(kRam + kData + 64));
}
TEST_P(Reservation, LaterLoadReservedReplacesTheFirst) {
  put(kCode, warm()
                 .emit(Op::kLrD, {.rd = 7, .rs1 = 5})
                 .emit(Op::kLrD, {.rd = 7, .rs1 = 6})
                 .emit(Op::kScD, {.rd = 10, .rs1 = 5, .rs2 = 5})
                 .emit(Op::kLrD, {.rd = 7, .rs1 = 5})
                 .emit(Op::kLrD, {.rd = 7, .rs1 = 6})
                 .emit(Op::kScD, {.rd = 11, .rs1 = 6, .rs2 = 5})
                 .emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.x[10], 1u);
  EXPECT_EQ(s.x[11], 0u);
}
// The hart's own store to another place does not matter; one that changes what was read makes ours fail, as it may.
TEST_P(Reservation, StoreBetweenTheTwo) {
  put(kCode, warm()
                 .emit(Op::kLrD, {.rd = 7, .rs1 = 5})
                 .emit(Op::kSd, {.rs1 = 6, .rs2 = 6})
                 .emit(Op::kScD, {.rd = 10, .rs1 = 5, .rs2 = 6})
                 .emit(Op::kLrD, {.rd = 7, .rs1 = 5})
                 .emit(Op::kSb, {.rs1 = 5, .rs2 = 0, .imm = 0})
                 .emit(Op::kScD, {.rd = 11, .rs1 = 5, .rs2 = 6})
                 .emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.x[10], 0u);
  EXPECT_EQ(s.x[11], 1u);
}
// "an SC is allowed to succeed if the earlier LR reserved the same location using an alias with a different virtual address".
TEST_P(Reservation, AliasOfTheSamePlaceSucceeds) {
  page_tables(kKernelPage);
  put64(kLeaf + 16, (kRam + kData) >> 2 | kKernelPage);
  hart_.x[5] = kDataPage;
  hart_.x[6] = kDataPage + kPageSize;
  put(kCode, Assembler().emit(Op::kLrD, {.rd = 7, .rs1 = 5}).emit(Op::kScD, {.rd = 10, .rs1 = 6, .rs2 = 6}).emit(Op::kJal));
  EXPECT_EQ(run().x[10], 0u);
  EXPECT_EQ(get64(kData), kDataPage + kPageSize);
}
TEST_P(Reservation, SurvivesATrapAndItsReturn) {
  put(kCode, Assembler()
                 .emit(Op::kLrD, {.rd = 7, .rs1 = 5})
                 .emit(Op::kEcall)
                 .emit(Op::kScD, {.rd = 10, .rs1 = 5, .rs2 = 6})
                 .emit(Op::kJal));
  put(kHandler, Assembler()
                    .csr(Op::kCsrrs, 8, csr::kMepc, 0)
                    .emit(Op::kAddi, {.rd = 8, .rs1 = 8, .imm = 4})
                    .csr(Op::kCsrrw, 0, csr::kMepc, 8)
                    .emit(Op::kMret));
  hart_.mstatus |= mstatus::kMpp;
  hart_.x[10] = 5;
  EXPECT_EQ(run().x[10], 0u);
}
// "No SC.W instruction shall retire unless it passes memory permission checks, but it is UNSPECIFIED whether any side
// effects of implicit address translation ... (such as setting a page-table entry D bit) occur on a failed SC.W": ours sets
// D.
TEST_P(Reservation, StoreConditionalWithoutOneStoresNothing) {
  page_tables(kKernelPage & ~pte::kD);
  hart_.x[5] = kDataPage;
  put64(kData, 7);
  EXPECT_EQ(run_one(Op::kScD, {.rd = 10, .rs1 = 5, .rs2 = 5}).x[10], 1u);
  EXPECT_EQ(get64(kData), 7u);
  EXPECT_EQ(get64(kLeaf + 8) & pte::kD, pte::kD);
}
TEST_P(Reservation, StoreConditionalThatWouldFailFaultsAllTheSame) {
  page_tables(kKernelPage & ~pte::kW);
  hart_.x[5] = kDataPage;
  EXPECT_EQ(cause_of(Op::kScD, {.rd = 10, .rs1 = 5, .rs2 = 5}), 15u);
  EXPECT_EQ(machine_->machine().hart().mtval, kDataPage);
}
// "Regardless of success or failure, executing an SC.W instruction invalidates any reservation held by this hart."
TEST_P(Reservation, StoreConditionalThatFaultsTakesTheReservationToo) {
  hart_.x[6] = kNowhere;
  put(kCode, Assembler()
                 .emit(Op::kLrD, {.rd = 7, .rs1 = 5})
                 .emit(Op::kScD, {.rd = 10, .rs1 = 6, .rs2 = 5})
                 .emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.mcause, 7u);
  EXPECT_FALSE(s.reserved);
}
// "If the address is not naturally aligned, an address-misaligned exception or an access-fault exception will be generated."
TEST_P(Reservation, MisalignedOnesAreAddressMisaligned) {
  hart_.x[5] = kRam + kData + 4;
  EXPECT_EQ(cause_of(Op::kLrD, {.rd = 7, .rs1 = 5}), 4u);
  EXPECT_EQ(machine_->machine().hart().mtval, kRam + kData + 4);
  EXPECT_EQ(cause_of(Op::kScD, {.rd = 7, .rs1 = 5, .rs2 = 5}), 6u);
  EXPECT_EQ(cause_of(Op::kLrW, {.rd = 7, .rs1 = 5}), 0u);
  hart_.x[5] = kRam + kData + 2;
  EXPECT_EQ(cause_of(Op::kLrW, {.rd = 7, .rs1 = 5}), 4u);
  EXPECT_EQ(cause_of(Op::kScW, {.rd = 7, .rs1 = 5, .rs2 = 5}), 6u);
}
// Machine-Level ISA, "Reservability PMA": devices have none.
TEST_P(Reservation, DevicesCannotBeReserved) {
  hart_.x[5] = raw(board::kAclint);
  EXPECT_EQ(cause_of(Op::kLrW, {.rd = 7, .rs1 = 5}), 5u);
  EXPECT_EQ(cause_of(Op::kScW, {.rd = 7, .rs1 = 5, .rs2 = 5}), 7u);
}

INSTANTIATE_TEST_SUITE_P(Engines, Reservation, kEveryEngine, engine_of);

}  // namespace
}  // namespace recount::test
