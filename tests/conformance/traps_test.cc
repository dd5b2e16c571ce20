// What a trap leaves behind: cause, pc, value, privilege; and that the instruction that trapped did nothing else.

#include "conformance/conformance.h"

namespace recount::test {
namespace {

class Traps : public Conformance {};

// Machine-Level ISA, "Machine Status (mstatus and mstatush) Registers", "Privilege and Global Interrupt-Enable Stack".
TEST_P(Traps, EntryPushesThePrivilegeAndTheInterruptEnable) {
  for (Privilege from : {Privilege::kUser, Privilege::kSupervisor, Privilege::kMachine}) {
    run_in(from);
    hart_.mstatus = mstatus::kXlen64 | mstatus::kMie;
    const HartState& s = run_one(Op::kEbreak);
    EXPECT_EQ(s.privilege, Privilege::kMachine);
    EXPECT_EQ(s.mstatus & (mstatus::kMpp | mstatus::kMpie | mstatus::kMie),
              static_cast<uint64_t>(from) << mstatus::kMppShift | mstatus::kMpie);
    EXPECT_EQ(s.mepc, kRam + kCode);
  }
}
// "Environment Call and Breakpoint": the call's cause says where it came from, and its value is zero.
TEST_P(Traps, EnvironmentCallsNameTheirPrivilege) {
  run_in(Privilege::kUser);
  EXPECT_EQ(cause_of(Op::kEcall), 8u);
  run_in(Privilege::kSupervisor);
  EXPECT_EQ(cause_of(Op::kEcall), 9u);
  run_in(Privilege::kMachine);
  hart_.mtval = 7;
  EXPECT_EQ(cause_of(Op::kEcall), 11u);
  EXPECT_EQ(machine_->machine().hart().mtval, 0u);
}
// "Machine Trap Value (mtval) Register": zero or the instruction's address. Ours is the address.
TEST_P(Traps, BreakpointShowsItsAddress) {
  EXPECT_EQ(cause_of(Op::kEbreak), 3u);
  EXPECT_EQ(machine_->machine().hart().mtval, kRam + kCode);
}
// The same: "the actual faulting instruction", right-justified.
TEST_P(Traps, IllegalInstructionShowsItsBits) {
  put64(kCode, 0xffffffff);
  const HartState& s = run();
  EXPECT_EQ(s.mcause, 2u);
  EXPECT_EQ(s.mtval, 0xffffffffu);
}
TEST_P(Traps, IllegalCompressedInstructionShowsItsHalfwordOnly) {
  put64(kCode, 0xffff8000);  // c.reserved in quadrant 0, and what follows it
  const HartState& s = run();
  EXPECT_EQ(s.mcause, 2u);
  EXPECT_EQ(s.mtval, 0x8000u);
}
TEST_P(Traps, AllZeroesAreIllegal) {
  put64(kCode, 0xffff0000);
  const HartState& s = run();
  EXPECT_EQ(s.mcause, 2u);
  EXPECT_EQ(s.mtval, 0u);
}
TEST_P(Traps, IllegalCsrAccessShowsTheInstruction) {
  hart_.privilege = Privilege::kUser;
  Fields fields{.rd = 10, .rs1 = 0, .imm = csr::kMstatus};
  EXPECT_EQ(cause_of(Op::kCsrrs, fields), 2u);
  EXPECT_EQ(machine_->machine().hart().mtval, encode(Op::kCsrrs, fields));
}

// "Machine Cause (mcause) Register", the table of causes: nothing at the address.
TEST_P(Traps, AccessFaultsNameTheAccessAndTheAddress) {
  hart_.x[5] = kNowhere;
  EXPECT_EQ(cause_of(Op::kLd, {.rd = 6, .rs1 = 5, .imm = 16}), 5u);
  EXPECT_EQ(machine_->machine().hart().mtval, kNowhere + 16);
  EXPECT_EQ(cause_of(Op::kSd, {.rs1 = 5, .rs2 = 6, .imm = -8}), 7u);
  EXPECT_EQ(machine_->machine().hart().mtval, kNowhere - 8);
  EXPECT_EQ(cause_of(Op::kAmoaddD, {.rd = 6, .rs1 = 5, .rs2 = 6}), 7u);
  EXPECT_EQ(cause_of(Op::kLrD, {.rd = 6, .rs1 = 5}), 5u);
  hart_.pc = kNowhere;
  const HartState& s = run();
  EXPECT_EQ(s.mcause, 1u);
  EXPECT_EQ(s.mepc, kNowhere);
  EXPECT_EQ(s.mtval, kNowhere);
}
// Machine-Level ISA, "Supported Access Type PMAs": no code runs from a device.
TEST_P(Traps, DevicesCannotBeFetchedFrom) {
  for (Gpa device : {board::kAclint, board::kUart, board::kPlic}) {
    hart_.pc = raw(device);
    const HartState& s = run();
    EXPECT_EQ(s.mcause, 1u);
    EXPECT_EQ(s.mtval, raw(device));
  }
}
// The jump is done; it is the fetch at its target that faults.
TEST_P(Traps, JumpToNowhereFaultsThereAndHasLinked) {
  hart_.x[5] = kNowhere;
  put(kCode, Assembler().emit(Op::kJalr, {.rd = 1, .rs1 = 5}));
  const HartState& s = run();
  EXPECT_EQ(s.mcause, 1u);
  EXPECT_EQ(s.mepc, kNowhere);
  EXPECT_EQ(s.x[1], kRam + kCode + 4);
}

// Unprivileged, "Load and Store Instructions": "Loads with a destination of x0 must still raise any exceptions".
TEST_P(Traps, LoadToX0StillFaults) {
  hart_.x[5] = kNowhere;
  EXPECT_EQ(cause_of(Op::kLd, {.rd = 0, .rs1 = 5}), 5u);
}
TEST_P(Traps, FaultingLoadLeavesItsBaseAlone) {
  hart_.x[5] = kNowhere;
  EXPECT_EQ(cause_of(Op::kLd, {.rd = 5, .rs1 = 5}), 5u);
  EXPECT_EQ(machine_->machine().hart().x[5], kNowhere);
}

// "Machine Trap Value (mtval) Register": "the portion of the instruction that caused the fault", and mepc its beginning.
TEST_P(Traps, InstructionWhoseSecondHalfIsNotThereFaultsWithThatHalfsAddress) {
  page_tables(0);
  hart_.pc = kDataPage - 2;
  put16(kData - 2, 0x0013);
  const HartState& s = run();
  EXPECT_EQ(s.mcause, 12u);
  EXPECT_EQ(s.mepc, kDataPage - 2);
  EXPECT_EQ(s.mtval, kDataPage);
}
TEST_P(Traps, CompressedInstructionAtThePagesEndNeedsNothingBehindIt) {
  page_tables(0);
  hart_.pc = kDataPage - 2;
  put16(kData - 2, 0x4505);  // c.li a0, 1
  const HartState& s = run();
  EXPECT_EQ(s.x[10], 1u);
  EXPECT_EQ(s.mepc, kDataPage);
}

// "Hardware Performance Monitor", "Environment Call and Breakpoint": a trapping instruction does not retire. It is a step.
TEST_P(Traps, TrapsAreStepsThatDoNotRetire) {
  put(kCode, Assembler().emit(Op::kAddi).emit(Op::kEcall));
  put(kHandler, Assembler().csr(Op::kCsrrs, 10, csr::kMinstret, 0).csr(Op::kCsrrs, 11, csr::kMcycle, 0).emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.x[10], 1u);
  EXPECT_EQ(s.x[11], 3u);
}

// Ours, not the specification's: a handler that cannot begin would go on for ever.
TEST_P(Traps, HandlerThatTrapsOnItselfIsATrapLoop) {
  put(kHandler, Assembler().emit(Op::kEbreak));
  put(kCode, Assembler().emit(Op::kEbreak));
  run();
  EXPECT_EQ(stop_, Stop::kTrapLoop);
}
// "Machine Interrupt (mip and mie) Registers": what is not delegated interrupts S-mode whatever SIE says.
TEST_P(Traps, TimerThatMachineModeKeptEndsATrapLoopOfSupervisorMode) {
  for (bool delegated : {false, true}) {
    hart_.privilege = Privilege::kSupervisor;
    hart_.medeleg = 1 << 3;
    hart_.stvec = hart_.pc = kRam + kCode;
    put(kCode, Assembler().emit(Op::kEbreak));
    hart_.menvcfg = menvcfg::kStce;
    hart_.stimecmp = raw(machine_->machine().at()) + 50;
    hart_.mie = 1 << kSti;
    hart_.mideleg = delegated ? 1 << kSti : 0;
    const HartState& s = run();
    EXPECT_EQ(stop_, delegated ? Stop::kTrapLoop : Stop::kPosition);
    if (delegated) continue;
    EXPECT_EQ(s.mcause, kInterruptBit | kSti);
    EXPECT_EQ(s.mepc, kRam + kCode);
  }
}
TEST_P(Traps, UserWhoJumpsToTheHandlersAddressDoesNotStopTheMachine) {
  page_tables(kKernelPage);
  hart_.privilege = Privilege::kUser;
  hart_.medeleg = 1 << 12;
  hart_.stvec = hart_.pc = kWindow;  // a kernel page: the fetch faults, and is delegated to this very address
  put(kCode, Assembler().emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(stop_, Stop::kPosition);
  EXPECT_EQ(s.privilege, Privilege::kSupervisor);
  EXPECT_EQ(s.scause, 12u);
}

INSTANTIATE_TEST_SUITE_P(Engines, Traps, kEveryEngine, engine_of);

}  // namespace
}  // namespace recount::test
