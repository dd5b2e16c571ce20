// The fields of mstatus that lend, widen or forbid, and the returns that pop its stack. Machine-Level ISA, "Machine Status
// (mstatus and mstatush) Registers".

#include "conformance/conformance.h"

namespace recount::test {
namespace {

class Status : public Conformance {
 protected:
  Status() { hart_.x[5] = kDataPage; }
  uint64_t load() { return cause_of(Op::kLd, {.rd = 6, .rs1 = 5}); }
  uint64_t store() { return cause_of(Op::kSd, {.rs1 = 5, .rs2 = 6}); }
  // Of an instruction at the data page.
  uint64_t fetch() {
    put(kData, Assembler().emit(Op::kAddi).emit(Op::kJal));
    uint64_t pc = std::exchange(hart_.pc, kDataPage);
    const HartState& s = run();
    hart_.pc = pc;
    return s.pc == kDataPage + 4 ? 0 : s.mcause;
  }
  void set(uint64_t bits) { hart_.mstatus = mstatus::kXlen64 | bits; }
};

// "Memory Privilege in mstatus Register": "When SUM=0, S-mode memory accesses to pages that are accessible by U-mode will
// fault."
TEST_P(Status, SumOpensUserPagesToTheSupervisorsDataOnly) {
  page_tables(kUserPage);
  EXPECT_EQ(load(), 13u);
  EXPECT_EQ(store(), 15u);
  set(mstatus::kSum);
  EXPECT_EQ(load(), 0u);
  EXPECT_EQ(store(), 0u);
  // Supervisor-Level ISA, "Memory Privilege in sstatus Register": "Irrespective of SUM, the supervisor may not execute code on
  // pages with U=1."
  EXPECT_EQ(fetch(), 12u);
}
TEST_P(Status, UserReachesUserPagesOnly) {
  page_tables(kUserPage, satp::kSv39, kUserPage);
  run_in(Privilege::kUser);
  EXPECT_EQ(load(), 0u);
  EXPECT_EQ(store(), 0u);
  EXPECT_EQ(fetch(), 0u);
  page_tables(kKernelPage, satp::kSv39, kUserPage);
  run_in(Privilege::kUser);
  set(mstatus::kSum);
  EXPECT_EQ(load(), 13u);
  EXPECT_EQ(store(), 15u);
  EXPECT_EQ(fetch(), 12u);
}
// "When MXR=1, loads from pages marked either readable or executable (R=1 or X=1) will succeed."
TEST_P(Status, MxrLetsLoadsReadExecutablePages) {
  page_tables(kKernelPage & ~(pte::kR | pte::kW));
  EXPECT_EQ(load(), 13u);
  set(mstatus::kMxr);
  EXPECT_EQ(load(), 0u);
  EXPECT_EQ(store(), 15u);
  page_tables(kUserPage & ~(pte::kR | pte::kW));
  EXPECT_EQ(load(), 13u) << "MXR is not SUM";
  set(mstatus::kMxr | mstatus::kSum);
  EXPECT_EQ(load(), 0u);
}
// "When MPRV=1, load and store memory addresses are translated and protected ... as though the current privilege mode were
// set to MPP. Instruction address-translation and protection are unaffected."
TEST_P(Status, MprvLendsMachineModeThePrivilegeOfMpp) {
  page_tables(kUserPage);
  hart_.privilege = Privilege::kMachine;
  hart_.pc = kRam + kCode;
  put64(kData, 0x1234);
  EXPECT_EQ(load(), 5u) << "no translation: nothing is there";
  set(mstatus::kMprv);  // MPP is U
  EXPECT_EQ(load(), 0u);
  EXPECT_EQ(machine_->machine().hart().x[6], 0x1234u);
  EXPECT_EQ(store(), 0u);
  set(mstatus::kMprv | 1ull << mstatus::kMppShift);
  EXPECT_EQ(load(), 13u) << "a user's page, and SUM is clear";
  set(mstatus::kMprv | mstatus::kSum | 1ull << mstatus::kMppShift);
  EXPECT_EQ(load(), 0u) << "SUM is in effect when MPRV=1 and MPP=S";
  set(mstatus::kMprv | mstatus::kMpp);
  EXPECT_EQ(load(), 5u);
}
TEST_P(Status, MprvDoesNotCountBelowMachineMode) {
  page_tables(kKernelPage);
  set(mstatus::kMprv);
  EXPECT_EQ(load(), 0u);
}
// A trap to machine mode changes MPP, and what MPRV lends at once.
TEST_P(Status, MprvFollowsMppInTheMiddleOfABlock) {
  page_tables(kKernelPage);
  hart_.privilege = Privilege::kMachine;
  hart_.pc = kRam + kCode;
  set(mstatus::kMprv | 1ull << mstatus::kMppShift);
  hart_.x[7] = mstatus::kMpp;
  put(kCode, Assembler()
                 .emit(Op::kLd, {.rd = 6, .rs1 = 5})
                 .csr(Op::kCsrrs, 0, csr::kMstatus, 7)
                 .emit(Op::kLd, {.rd = 6, .rs1 = 5})
                 .emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.mcause, 5u);
  EXPECT_EQ(s.mepc, kRam + kCode + 8);
}

// "Virtualization Support in mstatus Register": TVM, TW and TSR.
TEST_P(Status, TvmForbidsTheSupervisorSatpAndTheFence) {
  run_in(Privilege::kSupervisor);
  EXPECT_EQ(cause_of(Op::kSfenceVma), 0u);
  EXPECT_EQ(cause_of(Op::kCsrrs, {.rd = 6, .imm = csr::kSatp}), 0u);
  set(mstatus::kTvm);
  EXPECT_EQ(cause_of(Op::kSfenceVma), 2u);
  EXPECT_EQ(cause_of(Op::kCsrrs, {.rd = 6, .imm = csr::kSatp}), 2u);
  EXPECT_EQ(cause_of(Op::kCsrrw, {.rs1 = 0, .imm = csr::kSatp}), 2u);
  run_in(Privilege::kMachine);
  EXPECT_EQ(cause_of(Op::kSfenceVma), 0u);
  EXPECT_EQ(cause_of(Op::kCsrrs, {.rd = 6, .imm = csr::kSatp}), 0u);
}
TEST_P(Status, TsrForbidsTheSupervisorItsReturn) {
  run_in(Privilege::kSupervisor);
  hart_.sepc = kRam + kCode + 4;
  EXPECT_EQ(cause_of(Op::kSret), 0u);
  set(mstatus::kTsr);
  EXPECT_EQ(cause_of(Op::kSret), 2u);
  run_in(Privilege::kMachine);
  EXPECT_EQ(cause_of(Op::kSret), 0u);
}

// "Privilege and Global Interrupt-Enable Stack": "xIE is set to xPIE; the privilege mode is changed to y; xPIE is set to 1;
// and xPP is set to the least-privileged supported mode". "Memory Privilege": a return below M "also sets MPRV=0".
TEST_P(Status, MretPopsTheStack) {
  hart_.mepc = kRam + kCode + 0x100;
  put(kCode + 0x100, Assembler().emit(Op::kJal));
  for (uint64_t mpp : {0, 1, 3}) {
    set(mstatus::kMprv | mpp << mstatus::kMppShift | mstatus::kMie);
    const HartState& s = run_one(Op::kMret);
    EXPECT_EQ(s.pc, kRam + kCode + 0x100);
    EXPECT_EQ(static_cast<uint64_t>(s.privilege), mpp);
    EXPECT_EQ(s.mstatus, mstatus::kXlen64 | mstatus::kMpie | (mpp == 3 ? mstatus::kMprv : 0)) << "MPIE was 0";
  }
}
TEST_P(Status, SretPopsTheSupervisorsStack) {
  hart_.sepc = kRam + kCode + 0x100;
  put(kCode + 0x100, Assembler().emit(Op::kJal));
  for (Privilege from : {Privilege::kSupervisor, Privilege::kMachine}) {
    for (uint64_t spp : {0, 1}) {
      run_in(from);
      set(mstatus::kMprv | spp * mstatus::kSpp | mstatus::kSpie | mstatus::kMpie);
      const HartState& s = run_one(Op::kSret);
      EXPECT_EQ(static_cast<uint64_t>(s.privilege), spp);
      EXPECT_EQ(s.mstatus, mstatus::kXlen64 | mstatus::kSie | mstatus::kSpie | mstatus::kMpie);
    }
  }
}
// "Trap-Return Instructions": "Attempting to execute an xRET instruction in a mode less privileged than x will raise an
// illegal-instruction exception."
TEST_P(Status, ReturnsNeedTheirPrivilege) {
  run_in(Privilege::kSupervisor);
  EXPECT_EQ(cause_of(Op::kMret), 2u);
  run_in(Privilege::kUser);
  EXPECT_EQ(cause_of(Op::kMret), 2u);
  EXPECT_EQ(cause_of(Op::kSret), 2u);
  EXPECT_EQ(cause_of(Op::kSfenceVma), 2u);
}

INSTANTIATE_TEST_SUITE_P(Engines, Status, kEveryEngine, engine_of);

}  // namespace
}  // namespace recount::test
