// When interrupts are taken, which first, and where they lead. Machine-Level ISA, "Machine Interrupt (mip and mie) Registers".

#include "conformance/conformance.h"

namespace recount::test {
namespace {

class Interrupts : public Conformance {};

// "must also be evaluated immediately following the execution of an xRET instruction or an explicit write to a CSR on which
// these interrupt trap conditions expressly depend (including mip, mie, mstatus, and mideleg)".
TEST_P(Interrupts, CsrWriteThatEnablesAnInterruptIsFollowedByIt) {
  hart_.mie = hart_.mip = 1 << kSsi;
  put(kCode, Assembler().csr(Op::kCsrrsi, 0, csr::kMstatus, 8).emit(Op::kAddi, {.rd = 10, .imm = 1}));
  const HartState& s = run();
  EXPECT_EQ(s.mcause, kInterruptBit | kSsi);
  EXPECT_EQ(s.mepc, kRam + kCode + 4);
  EXPECT_EQ(s.x[10], 0u);
}
TEST_P(Interrupts, WriteToEachOfTheseRegistersIsFollowedByWhatItMakesPossible) {
  struct Write {
    unsigned number;
    uint64_t mie, mip, mideleg, set;
  };
  constexpr uint64_t kSoftware = 1 << kSsi;
  for (Write w : {Write{csr::kMie, 0, kSoftware, 0, kSoftware}, Write{csr::kMip, kSoftware, 0, 0, kSoftware},
                  Write{csr::kMideleg, kSoftware, kSoftware, kSoftware, 0}}) {
    hart_.mstatus |= mstatus::kMie;
    hart_.mie = w.mie, hart_.mip = w.mip, hart_.mideleg = w.mideleg;
    hart_.x[5] = w.set;
    put(kCode, Assembler().csr(Op::kCsrrw, 0, w.number, 5).emit(Op::kAddi, {.rd = 10, .imm = 1}).emit(Op::kJal));
    const HartState& s = run();
    EXPECT_EQ(s.mcause, kInterruptBit | kSsi) << csr_name(w.number);
    EXPECT_EQ(s.mepc, kRam + kCode + 4);
    EXPECT_EQ(s.x[10], 0u);
  }
}
TEST_P(Interrupts, SupervisorsOwnWriteIsFollowedByTheInterrupt) {
  run_in(Privilege::kSupervisor);
  hart_.mideleg = hart_.mie = hart_.mip = 1 << kSsi;
  put(kCode, Assembler().csr(Op::kCsrrsi, 0, csr::kSstatus, 2).emit(Op::kAddi, {.rd = 10, .imm = 1}).emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.sepc, kRam + kCode + 4);
  EXPECT_EQ(s.x[10], 0u);
}
TEST_P(Interrupts, ReturnThatEnablesAnInterruptIsFollowedByIt) {
  hart_.mie = hart_.mip = 1 << kSsi;
  hart_.mstatus |= mstatus::kMpie | mstatus::kMpp;
  hart_.mepc = kRam + kCode + 0x100;
  put(kCode, Assembler().emit(Op::kMret));
  put(kCode + 0x100, Assembler().emit(Op::kAddi, {.rd = 10, .imm = 1}));
  const HartState& s = run();
  EXPECT_EQ(s.mepc, kRam + kCode + 0x100);
  EXPECT_EQ(s.x[10], 0u);
}
TEST_P(Interrupts, SupervisorReturnToUserModeIsFollowedByIt) {
  run_in(Privilege::kSupervisor);
  hart_.mideleg = hart_.mie = hart_.mip = 1 << kSsi;
  hart_.sepc = kRam + kCode + 0x100;
  put(kCode, Assembler().emit(Op::kSret));
  put(kCode + 0x100, Assembler().emit(Op::kAddi, {.rd = 10, .imm = 1}).emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.sepc, kRam + kCode + 0x100);
  EXPECT_EQ(s.scause, kInterruptBit | kSsi);
  EXPECT_EQ(s.x[10], 0u);
}

// "decreasing priority order: MEI, MSI, MTI, SEI, SSI, STI": each is taken with all of lower priority pending beside it.
TEST_P(Interrupts, HigherPriorityIsTakenFirst) {
  constexpr unsigned kOrder[] = {kSei, kSsi, kSti};
  uint64_t pending = 0;
  for (unsigned n = 3; n-- > 0;) {
    pending |= 1ull << kOrder[n];
    hart_.mip = hart_.mie = pending;
    hart_.mstatus |= mstatus::kMie;
    EXPECT_EQ(run_one(Op::kAddi).mcause, kInterruptBit | kOrder[n]);
  }
}
// The devices' are raised one after the other, by stores to them, and stay.
TEST_P(Interrupts, MachineInterruptsOfHigherPriorityAreTakenFirst) {
  hart_.mip = hart_.mie = 1 << kSei | 1 << kSsi | 1 << kSti;
  hart_.mie |= 1 << kMti | 1 << kMsi | 1 << kMei;
  auto taken_after_store = [&](Op store, uint64_t address, uint64_t value) {
    hart_.x[5] = address;
    hart_.x[6] = value;
    put(kCode, Assembler().emit(store, {.rs1 = 5, .rs2 = 6}).csr(Op::kCsrrsi, 0, csr::kMstatus, 8).emit(Op::kJal));
    return run().mcause;
  };
  EXPECT_EQ(taken_after_store(Op::kSd, raw(board::kAclint) + 0x4000, 0), kInterruptBit | kMti);  // mtimecmp
  EXPECT_EQ(taken_after_store(Op::kSw, raw(board::kAclint), 1), kInterruptBit | kMsi);
  taken_after_store(Op::kSb, raw(board::kUart) + 1, 2);  // that it can transmit
  taken_after_store(Op::kSw, raw(board::kPlic) + 4 * board::kUartIrq, 1);
  EXPECT_EQ(taken_after_store(Op::kSw, raw(board::kPlic) + 0x2000, 1 << board::kUartIrq), kInterruptBit | kMei);
}
// "Interrupts to M-mode take priority over any interrupts to lower privilege modes."
TEST_P(Interrupts, MachineModesInterruptsComeBeforeDelegatedOnesOfHigherPriority) {
  run_in(Privilege::kUser);
  hart_.mip = hart_.mie = 1 << kSei | 1 << kSti;
  hart_.mideleg = 1 << kSei;
  const HartState& s = run_one(Op::kAddi);
  EXPECT_EQ(s.mcause, kInterruptBit | kSti);
  EXPECT_EQ(s.mepc, kRam + kCode);
  EXPECT_EQ(s.scause, 0u) << "not by way of the supervisor's handler";
}

// "Machine Trap-Vector Base-Address (mtvec) Register": "interrupts cause the pc to be set to ... BASE plus four times the
// interrupt cause number", "all synchronous exceptions ... to the address in the BASE field".
TEST_P(Interrupts, VectoredModeMovesInterruptsOnly) {
  for (unsigned n = 0; n < 16; ++n) put(kHandler + 4 * n, Assembler().emit(Op::kJal));
  hart_.mtvec = kRam + kHandler + 1;
  EXPECT_EQ(run_one(Op::kEbreak).pc, kRam + kHandler);
  hart_.mstatus |= mstatus::kMie;
  hart_.mie = hart_.mip = 1 << kSei;
  EXPECT_EQ(run_one(Op::kAddi).pc, kRam + kHandler + 4 * kSei);
  hart_.stvec = kRam + kHandler + 1;
  hart_.mideleg = 1 << kSei;
  run_in(Privilege::kUser);
  EXPECT_EQ(run_one(Op::kAddi).pc, kRam + kHandler + 4 * kSei);
  EXPECT_EQ(machine_->machine().hart().privilege, Privilege::kSupervisor);
}

// An interrupt and an exception at the same step.
TEST_P(Interrupts, InterruptComesBeforeTheExceptionOfTheSameStep) {
  hart_.menvcfg = menvcfg::kStce;
  hart_.stimecmp = 2;
  hart_.mie = 1 << kSti;
  hart_.mstatus |= mstatus::kMie;
  put(kCode, Assembler().emit(Op::kAddi).emit(Op::kAddi).emit(Op::kEcall));
  const HartState& s = run();
  EXPECT_EQ(s.mcause, kInterruptBit | kSti);
  EXPECT_EQ(s.mepc, kRam + kCode + 8);
}
TEST_P(Interrupts, StoreToTheSoftwareInterruptIsFollowedByIt) {
  hart_.mie = 1 << kMsi;
  hart_.mstatus |= mstatus::kMie;
  hart_.x[5] = raw(board::kAclint);
  hart_.x[6] = 1;
  put(kCode, Assembler().emit(Op::kSw, {.rs1 = 5, .rs2 = 6}).emit(Op::kAddi, {.rd = 10, .imm = 1}));
  const HartState& s = run();
  EXPECT_EQ(s.mcause, kInterruptBit | kMsi);
  EXPECT_EQ(s.mepc, kRam + kCode + 4);
}

// "MEIP is read-only in mip", and MTIP and MSIP; SEIP, STIP and SSIP are written by machine mode.
TEST_P(Interrupts, MachineBitsOfMipAreReadOnly) {
  hart_.x[5] = ~0ull;
  put(kCode, Assembler().csr(Op::kCsrrw, 0, csr::kMip, 5).csr(Op::kCsrrs, 10, csr::kMip, 0).emit(Op::kJal));
  EXPECT_EQ(run().x[10], uint64_t{1 << kSsi | 1 << kSti | 1 << kSei});
}
// "the signal from the external interrupt controller is not used to calculate the value written to SEIP. Only the
// software-writable SEIP bit participates in the read-modify-write sequence of a CSRRS or CSRRC instruction."
TEST_P(Interrupts, DevicesSignalDoesNotBecomeSoftwaresBit) {
  auto store = [&](Op op, uint64_t address, uint64_t value) {
    hart_.x[5] = address;
    hart_.x[6] = value;
    run_one(op, {.rs1 = 5, .rs2 = 6});
  };
  store(Op::kSb, raw(board::kUart) + 1, 2);  // that it can transmit
  store(Op::kSw, raw(board::kPlic) + 4 * board::kUartIrq, 1);
  store(Op::kSw, raw(board::kPlic) + 0x2080, 1 << board::kUartIrq);  // for supervisor mode
  hart_.x[5] = 1 << kSsi;
  const HartState& s = run_one(Op::kCsrrs, {.rd = 10, .rs1 = 5, .imm = csr::kMip});
  EXPECT_EQ(s.x[10], uint64_t{1 << kSei}) << "rd has the signal";
  EXPECT_EQ(s.mip, uint64_t{1 << kSsi});
}
// Machine-Level ISA, "Machine Cause (mcause) Register": the value of an interrupt is zero.
TEST_P(Interrupts, InterruptsValueIsZero) {
  hart_.mie = hart_.mip = 1 << kSsi;
  hart_.mstatus |= mstatus::kMie;
  hart_.mtval = 5;
  EXPECT_EQ(run_one(Op::kAddi).mtval, 0u);
}

INSTANTIATE_TEST_SUITE_P(Engines, Interrupts, kEveryEngine, engine_of);

}  // namespace
}  // namespace recount::test
