// The CSR instructions, who may use them on what, and the registers' legal values. Unprivileged, "Zicsr"; privileged,
// "Control and Status Registers (CSRs)".

#include "conformance/conformance.h"

namespace recount::test {
namespace {

class Csrs : public Conformance {
 protected:
  // What a register reads as after it was written.
  uint64_t write_read(unsigned number, uint64_t value) {
    hart_.x[5] = value;
    put(kCode, Assembler().csr(Op::kCsrrw, 0, number, 5).csr(Op::kCsrrs, 10, number, 0).emit(Op::kJal));
    const HartState& s = run();
    EXPECT_EQ(s.pc, kRam + kCode + 8) << csr_name(number) << " trapped";
    return s.x[10];
  }
};

// "Zicsr", "CSR Instructions": each reads the old value, then writes, sets or clears.
TEST_P(Csrs, EachInstructionReadsTheOldValueAndWritesItsOwn) {
  struct Row {
    Op op;
    uint64_t left;
  };
  for (Row r : {Row{Op::kCsrrw, 0b1010}, {Op::kCsrrs, 0b1110}, {Op::kCsrrc, 0b0100}}) {
    hart_.mscratch = 0b1100;
    hart_.x[5] = 0b1010;
    const HartState& s = run_one(r.op, {.rd = 10, .rs1 = 5, .imm = csr::kMscratch});
    EXPECT_EQ(s.x[10], 0b1100u);
    EXPECT_EQ(s.mscratch, r.left);
  }
  for (Row r : {Row{Op::kCsrrwi, 0b1010}, {Op::kCsrrsi, 0b1110}, {Op::kCsrrci, 0b0100}}) {
    hart_.mscratch = 0b1100;
    const HartState& s = run_one(r.op, {.rd = 10, .rs1 = 0b1010, .imm = csr::kMscratch});
    EXPECT_EQ(s.x[10], 0b1100u);
    EXPECT_EQ(s.mscratch, r.left);
  }
}
// rd and rs1 may be one register: the operand is read before.
TEST_P(Csrs, DestinationMayBeTheOperand) {
  for (unsigned number : {csr::kMscratch, csr::kSscratch, csr::kStval}) {
    hart_.mscratch = hart_.sscratch = hart_.stval = 7;
    hart_.x[5] = 9;
    put(kCode, Assembler().csr(Op::kCsrrw, 5, number, 5).csr(Op::kCsrrs, 10, number, 0).emit(Op::kJal));
    const HartState& s = run();
    EXPECT_EQ(s.x[5], 7u) << csr_name(number);
    EXPECT_EQ(s.x[10], 9u) << csr_name(number);
  }
}
// "if rs1=x0, then the instruction will not write to the CSR at all": also where a write would be illegal. A register other
// than x0 that holds zero is a write.
TEST_P(Csrs, SetAndClearOfX0AreNoWrites) {
  EXPECT_EQ(cause_of(Op::kCsrrs, {.rd = 10, .imm = csr::kMhartid}), 0u);
  EXPECT_EQ(cause_of(Op::kCsrrc, {.rd = 10, .imm = csr::kMhartid}), 0u);
  EXPECT_EQ(cause_of(Op::kCsrrsi, {.rd = 10, .imm = csr::kMhartid}), 0u);
  EXPECT_EQ(cause_of(Op::kCsrrs, {.rd = 10, .rs1 = 5, .imm = csr::kMhartid}), 2u);
  EXPECT_EQ(cause_of(Op::kCsrrw, {.rd = 10, .rs1 = 0, .imm = csr::kMhartid}), 2u);
  EXPECT_EQ(cause_of(Op::kCsrrwi, {.rd = 10, .rs1 = 0, .imm = csr::kMhartid}), 2u);
}
TEST_P(Csrs, IllegalAccessChangesNothing) {
  run_in(Privilege::kSupervisor);
  hart_.x[10] = 5;
  EXPECT_EQ(cause_of(Op::kCsrrw, {.rd = 10, .rs1 = 10, .imm = csr::kMscratch}), 2u);
  EXPECT_EQ(machine_->machine().hart().x[10], 5u);
  EXPECT_EQ(machine_->machine().hart().mscratch, 0u);
}
// "CSR Address Mapping Conventions": bits 9:8 are the lowest privilege. "Instructions that access a non-existent CSR are
// reserved": illegal.
TEST_P(Csrs, EachNeedsItsPrivilege) {
  run_in(Privilege::kUser);
  EXPECT_EQ(cause_of(Op::kCsrrs, {.rd = 10, .imm = csr::kSstatus}), 2u);
  EXPECT_EQ(cause_of(Op::kCsrrs, {.rd = 10, .imm = csr::kCycle}), 0u);
  run_in(Privilege::kSupervisor);
  EXPECT_EQ(cause_of(Op::kCsrrs, {.rd = 10, .imm = csr::kSstatus}), 0u);
  EXPECT_EQ(cause_of(Op::kCsrrs, {.rd = 10, .imm = csr::kMstatus}), 2u);
  EXPECT_EQ(cause_of(Op::kCsrrs, {.rd = 10, .imm = csr::kMhartid}), 2u);
  run_in(Privilege::kMachine);
  EXPECT_EQ(cause_of(Op::kCsrrs, {.rd = 10, .imm = csr::kMstatus}), 0u);
  for (unsigned none : {0x015u /* seed */, 0x5c0u, 0x600u /* hstatus */, 0x7a0u /* tselect */, 0x7c0u, 0x180u + 1, 0xfffu}) {
    EXPECT_EQ(cause_of(Op::kCsrrs, {.rd = 10, .imm = none}), 2u) << std::hex << none;
  }
}
// "Machine Status Registers": UXL and SXL read-only 2; MPP holds 0, 1 and 3; no endianness, no VS, no XS. SD follows FS.
TEST_P(Csrs, MstatusKeepsItsLegalFields) {
  EXPECT_EQ(write_read(csr::kMstatus, ~0ull), 0x8000000a007e79aa);
  EXPECT_EQ(write_read(csr::kMstatus, 0), 0xa00000000u);
  hart_.mstatus |= 1ull << mstatus::kMppShift;
  EXPECT_EQ(write_read(csr::kMstatus, 2ull << mstatus::kMppShift), 0xa00000000u | 1ull << mstatus::kMppShift) << "MPP stays";
}
// "Supervisor Status (sstatus) Register": "a subset of the mstatus register".
TEST_P(Csrs, SstatusIsASubsetOfMstatus) {
  EXPECT_EQ(write_read(csr::kSstatus, ~0ull), 0x80000002000c6122);
  EXPECT_EQ(machine_->machine().hart().mstatus, 0xa000c6122u);
}
// "Machine ISA (misa) Register": RV64 IMAFDC, S and U; nothing can be turned off.
TEST_P(Csrs, MisaSaysWhatThereIs) {
  EXPECT_EQ(write_read(csr::kMisa, 0), 0x800000000014112du);
}
// "Machine Trap-Vector Base-Address (mtvec) Register", "Supervisor Trap Vector Base Address (stvec) Register": modes 0 and 1.
TEST_P(Csrs, TrapVectorsHaveTwoModes) {
  for (unsigned number : {csr::kMtvec, csr::kStvec}) {
    EXPECT_EQ(write_read(number, 0x80001000), 0x80001000u);
    EXPECT_EQ(write_read(number, 0x80001001), 0x80001001u);
    EXPECT_EQ(write_read(number, 0x80001002) & 3, 0u);
    EXPECT_EQ(write_read(number, 0x80001003) & 3, 0u);
  }
}
// "Machine Exception Program Counter (mepc) Register": "The low bit of mepc (mepc[0]) is always zero"; with C, bit 1 is kept.
TEST_P(Csrs, ExceptionProgramCountersAreEven) {
  for (unsigned number : {csr::kMepc, csr::kSepc}) {
    EXPECT_EQ(write_read(number, 0x80001003), 0x80001002u);
    EXPECT_EQ(write_read(number, ~0ull), ~1ull);
  }
}
// Registers that "hold" what software puts there.
TEST_P(Csrs, ScratchCauseAndValueHoldAnything) {
  for (unsigned number : {csr::kMscratch, csr::kSscratch, csr::kMcause, csr::kScause, csr::kMtval, csr::kStval, csr::kStimecmp}) {
    EXPECT_EQ(write_read(number, 0x8123456789abcdef), 0x8123456789abcdefu) << csr_name(number);
  }
}
// "Machine Environment Configuration (menvcfg) Register": FIOM, CBIE, CBCFE, CBZE and STCE; no PBMTE, no ADUE. CBIE 2 is
// reserved.
TEST_P(Csrs, EnvironmentConfigurationIsWarl) {
  EXPECT_EQ(write_read(csr::kMenvcfg, ~0ull), 0x80000000000000f1u);
  EXPECT_EQ(write_read(csr::kSenvcfg, ~0ull), 0xf1u);
  EXPECT_EQ(write_read(csr::kMenvcfg, 0x20), 0u);
}
// "Machine Vendor ID" and others: zero says "not implemented". There is one hart, number 0.
TEST_P(Csrs, IdentityIsZero) {
  for (unsigned number : {csr::kMvendorid, csr::kMarchid, csr::kMimpid, csr::kMhartid, csr::kMconfigptr}) {
    hart_.x[10] = 5;
    EXPECT_EQ(run_one(Op::kCsrrs, {.rd = 10, .imm = number}).x[10], 0u) << csr_name(number);
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, Csrs, kEveryEngine, engine_of);

}  // namespace
}  // namespace recount::test
