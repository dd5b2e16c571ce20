// Traps and interrupts that machine mode hands on. Machine-Level ISA, "Machine Trap Delegation (medeleg and mideleg)
// Registers"; Supervisor-Level ISA, "Supervisor Interrupt (sip and sie) Registers".

#include "conformance/conformance.h"

namespace recount::test {
namespace {

constexpr uint64_t kSupervisorHandler = 0x2000;

class Delegation : public Conformance {
 protected:
  Delegation() {
    hart_.stvec = kRam + kSupervisorHandler;
    put(kSupervisorHandler, Assembler().emit(Op::kJal));
  }
};

// "the SPP field of mstatus is written with the active privilege mode", and so on; "the mcause, mepc, and mtval registers and
// the MPP and MPIE fields of mstatus are not written".
TEST_P(Delegation, DelegatedTrapWritesTheSupervisorsRegistersOnly) {
  for (Privilege from : {Privilege::kUser, Privilege::kSupervisor}) {
    run_in(from);
    hart_.medeleg = 1 << 5;
    hart_.mstatus = mstatus::kXlen64 | mstatus::kSie | mstatus::kMpie | mstatus::kMpp;
    hart_.mcause = 77, hart_.mepc = 78, hart_.mtval = 79;
    hart_.x[5] = kNowhere;
    const HartState& s = run_one(Op::kLd, {.rd = 6, .rs1 = 5});
    EXPECT_EQ(s.privilege, Privilege::kSupervisor);
    EXPECT_EQ(s.pc, kRam + kSupervisorHandler);
    EXPECT_EQ(s.scause, 5u);
    EXPECT_EQ(s.sepc, kRam + kCode);
    EXPECT_EQ(s.stval, kNowhere);
    uint64_t spp = from == Privilege::kSupervisor ? mstatus::kSpp : 0;
    EXPECT_EQ(s.mstatus, mstatus::kXlen64 | mstatus::kMpie | mstatus::kMpp | mstatus::kSpie | spp);
    EXPECT_EQ(s.mcause, 77u);
    EXPECT_EQ(s.mepc, 78u);
    EXPECT_EQ(s.mtval, 79u);
  }
}
TEST_P(Delegation, EveryBitDelegatesItsOwnCauseOnly) {
  run_in(Privilege::kUser);
  hart_.medeleg = 0xb3ff & ~(1ull << 8);
  EXPECT_EQ(run_one(Op::kEcall).privilege, Privilege::kMachine);
  hart_.medeleg = 1 << 8;
  EXPECT_EQ(run_one(Op::kEcall).scause, 8u);
  EXPECT_EQ(run_one(Op::kEbreak).mcause, 3u);
}
// "Traps never transition from a more-privileged mode to a less-privileged mode."
TEST_P(Delegation, MachineModesOwnTrapsStay) {
  hart_.medeleg = ~0ull;
  EXPECT_EQ(cause_of(Op::kEbreak), 3u);
}
// "bits should be read-only zero. In particular, medeleg[11]"; 10, 14 and from 16 on are causes that cannot occur here.
TEST_P(Delegation, ExceptionsThatCannotComeFromBelowAreNotDelegable) {
  hart_.x[5] = ~0ull;
  put(kCode, Assembler().csr(Op::kCsrrw, 0, csr::kMedeleg, 5).csr(Op::kCsrrs, 10, csr::kMedeleg, 0).emit(Op::kJal));
  EXPECT_EQ(run().x[10], 0xb3ffu);
}
TEST_P(Delegation, MachineInterruptsAreNotDelegable) {
  hart_.x[5] = ~0ull;
  put(kCode, Assembler().csr(Op::kCsrrw, 0, csr::kMideleg, 5).csr(Op::kCsrrs, 10, csr::kMideleg, 0).emit(Op::kJal));
  EXPECT_EQ(run().x[10], uint64_t{1 << kSsi | 1 << kSti | 1 << kSei});
}

// "Delegated interrupts result in the interrupt being masked at the delegator privilege level."
TEST_P(Delegation, DelegatedInterruptDoesNotEnterMachineMode) {
  hart_.mideleg = hart_.mie = hart_.mip = 1 << kSsi;
  hart_.mstatus |= mstatus::kMie | mstatus::kSie;
  const HartState& s = run_one(Op::kAddi, {.rd = 10, .imm = 1});
  EXPECT_EQ(s.x[10], 1u);
  EXPECT_EQ(s.pc, kRam + kCode + 4);
}
TEST_P(Delegation, DelegatedInterruptIsTakenInSupervisorMode) {
  run_in(Privilege::kSupervisor);
  hart_.mideleg = hart_.mie = hart_.mip = 1 << kSsi;
  EXPECT_EQ(run_one(Op::kAddi).pc, kRam + kCode + 4) << "SIE is clear";
  hart_.mstatus |= mstatus::kSie;
  EXPECT_EQ(run_one(Op::kAddi).scause, kInterruptBit | kSsi);
  hart_.mstatus &= ~mstatus::kSie;
  run_in(Privilege::kUser);
  EXPECT_EQ(run_one(Op::kAddi).scause, kInterruptBit | kSsi) << "SIE does not count below supervisor mode";
}
// "if mideleg[5] is clear, STIs can be taken in any mode and ... will transfer control to M-mode".
TEST_P(Delegation, UndelegatedSupervisorInterruptGoesToMachineMode) {
  run_in(Privilege::kSupervisor);
  hart_.mie = hart_.mip = 1 << kSti;
  const HartState& s = run_one(Op::kAddi);
  EXPECT_EQ(s.privilege, Privilege::kMachine);
  EXPECT_EQ(s.mcause, kInterruptBit | kSti);
}

// sip and sie: "Restricted views"; not delegated, "the corresponding bits ... are read-only zero".
TEST_P(Delegation, SupervisorSeesAndEnablesDelegatedInterruptsOnly) {
  run_in(Privilege::kSupervisor);
  hart_.mip = 1 << kSsi | 1 << kSei;
  hart_.mideleg = 1 << kSsi | 1 << kSti;
  hart_.x[5] = ~0ull;
  put(kCode, Assembler()
                 .csr(Op::kCsrrs, 10, csr::kSip, 0)
                 .csr(Op::kCsrrw, 0, csr::kSie, 5)
                 .csr(Op::kCsrrs, 11, csr::kSie, 0)
                 .csr(Op::kCsrrw, 0, csr::kSip, 0)
                 .csr(Op::kCsrrs, 12, csr::kSip, 0)
                 .emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.x[10], uint64_t{1 << kSsi});
  EXPECT_EQ(s.x[11], uint64_t{1 << kSsi | 1 << kSti});
  EXPECT_EQ(s.mie, uint64_t{1 << kSsi | 1 << kSti});
  EXPECT_EQ(s.x[12], 0u);
  EXPECT_EQ(s.mip, uint64_t{1 << kSei}) << "not the supervisor's to clear";
}

INSTANTIATE_TEST_SUITE_P(Engines, Delegation, kEveryEngine, engine_of);

}  // namespace
}  // namespace recount::test
