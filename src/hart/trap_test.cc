// Trap entry, delegation, interrupts and returns.

#include <gtest/gtest.h>

#include "hart/hart.h"
#include "isa/csr.h"

namespace recount {
namespace {

class TrapTest : public testing::Test {
 protected:
  std::unique_ptr<Ram> ram_ = *Ram::create(Gpa{0x80000000}, 2 << 20);
  Bus bus_;
  Timebase time_;
  Hart hart_{0, *ram_, bus_, time_, Caching::kOff};
  HartState& s_ = hart_.state;

  void in(Privilege p, uint64_t pc = 0x80001000) {
    s_.privilege = p;
    s_.pc = pc;
    s_.mtvec = 0x80002000;
    s_.stvec = 0x80003000;
    hart_.mmu.update_context();
  }
};

// Privileged spec, "Machine Trap Delegation Registers (medeleg and mideleg)".
TEST_F(TrapTest, UndelegatedTrapGoesToMachineModeAndSavesWhereItWas) {
  in(Privilege::kUser);
  s_.mstatus |= mstatus::kMie;
  hart_.take_trap({Cause::kLoadPage, 0x1234});
  EXPECT_EQ(s_.privilege, Privilege::kMachine);
  EXPECT_EQ(s_.pc, 0x80002000u);
  EXPECT_EQ(s_.mepc, 0x80001000u);
  EXPECT_EQ(s_.mcause, 13u);
  EXPECT_EQ(s_.mtval, 0x1234u);
  EXPECT_EQ(s_.mstatus & mstatus::kMpp, 0u);
  EXPECT_EQ(s_.mstatus & mstatus::kMie, 0u);
  EXPECT_NE(s_.mstatus & mstatus::kMpie, 0u);
  EXPECT_EQ(s_.unretired, 1u);
}

TEST_F(TrapTest, DelegatedTrapGoesToSupervisorMode) {
  in(Privilege::kUser);
  s_.medeleg = 1 << 8;
  s_.mstatus |= mstatus::kSie;
  hart_.take_trap({Cause::kEcallU, 0});
  EXPECT_EQ(s_.privilege, Privilege::kSupervisor);
  EXPECT_EQ(s_.pc, 0x80003000u);
  EXPECT_EQ(s_.scause, 8u);
  EXPECT_EQ(s_.mstatus & (mstatus::kSpp | mstatus::kSie), 0u);
  EXPECT_NE(s_.mstatus & mstatus::kSpie, 0u);
}

TEST_F(TrapTest, TrapInMachineModeIsNeverDelegated) {
  in(Privilege::kMachine);
  s_.medeleg = ~0ull;
  hart_.take_trap({Cause::kIllegal, 0});
  EXPECT_EQ(s_.privilege, Privilege::kMachine);
  EXPECT_EQ(s_.mstatus & mstatus::kMpp, mstatus::kMpp);
}

// "Machine Trap-Vector Base-Address Register (mtvec)": exceptions go to the base in both modes.
TEST_F(TrapTest, VectoredModeMovesInterruptsOnly) {
  in(Privilege::kUser);
  s_.mtvec = 0x80002001;
  hart_.take_trap({Cause::kIllegal, 0});
  EXPECT_EQ(s_.pc, 0x80002000u);
  in(Privilege::kUser);
  s_.mtvec = 0x80002001;
  s_.mie = 1 << kMti;
  s_.lines = 1 << kMti;
  EXPECT_TRUE(hart_.take_interrupt());
  EXPECT_EQ(s_.pc, 0x80002000u + 4 * 7);
}

// "Machine Interrupt (mip and mie) Registers": MEI, MSI, MTI, SEI, SSI, STI.
TEST_F(TrapTest, InterruptsComeInTheOrderOfTheSpecification) {
  s_.mie = ~0ull;
  for (unsigned expected : {kMei, kMsi, kMti, kSei, kSsi, kSti}) {
    in(Privilege::kUser);
    if (expected == kMei) s_.lines = 1 << kMei | 1 << kMsi | 1 << kMti | 1 << kSei;
    if (expected == kMei) s_.mip = 1 << kSsi | 1 << kSti;
    ASSERT_TRUE(hart_.take_interrupt());
    EXPECT_EQ(s_.mcause, 1ull << 63 | expected);
    s_.lines &= ~(1ull << expected);
    s_.mip &= ~(1ull << expected);
  }
  in(Privilege::kUser);
  EXPECT_FALSE(hart_.take_interrupt());
}

TEST_F(TrapTest, MachineInterruptsComeBeforeDelegatedOnes) {
  in(Privilege::kUser);
  s_.mie = ~0ull;
  s_.mideleg = 1 << kSei;
  s_.lines = 1 << kSei | 1 << kMti;
  ASSERT_TRUE(hart_.take_interrupt());
  EXPECT_EQ(s_.privilege, Privilege::kMachine);
}

TEST_F(TrapTest, GlobalEnableCountsOnlyInItsOwnMode) {
  s_.mie = 1 << kMti | 1 << kSsi;
  s_.mideleg = 1 << kSsi;
  s_.lines = 1 << kMti;
  in(Privilege::kMachine);
  EXPECT_FALSE(hart_.take_interrupt());  // MIE is clear
  in(Privilege::kSupervisor);
  EXPECT_TRUE(hart_.take_interrupt());  // below M, MIE does not count
  s_.lines = 0;
  s_.mip = 1 << kSsi;
  in(Privilege::kMachine);
  s_.mstatus |= mstatus::kMie | mstatus::kSie;
  EXPECT_FALSE(hart_.take_interrupt());  // delegated: never in M
  in(Privilege::kSupervisor);
  s_.mstatus &= ~mstatus::kSie;
  EXPECT_FALSE(hart_.take_interrupt());
  in(Privilege::kUser);
  EXPECT_TRUE(hart_.take_interrupt());
  EXPECT_EQ(s_.privilege, Privilege::kSupervisor);
}

// "Wait for Interrupt": resumes when one is pending and locally enabled, whatever the global enable.
TEST_F(TrapTest, WfiEndsForAnInterruptThatIsOnlyLocallyEnabled) {
  in(Privilege::kMachine);
  ASSERT_TRUE(hart_.wfi());
  EXPECT_FALSE(hart_.take_interrupt());
  EXPECT_TRUE(s_.waiting);
  s_.lines = 1 << kMti;
  EXPECT_FALSE(hart_.take_interrupt());
  EXPECT_TRUE(s_.waiting);  // not enabled
  s_.mie = 1 << kMti;
  EXPECT_FALSE(hart_.take_interrupt());
  EXPECT_FALSE(s_.waiting);
}

TEST_F(TrapTest, TwMakesWfiIllegalBelowMachineMode) {
  s_.mstatus |= mstatus::kTw;
  in(Privilege::kSupervisor);
  EXPECT_FALSE(hart_.wfi());
  in(Privilege::kMachine);
  EXPECT_TRUE(hart_.wfi());
}

// "Privilege and Global Interrupt-Enable Stack in mstatus register".
TEST_F(TrapTest, MretPopsTheStackAndLeavesMprvOnlyForMachineMode) {
  in(Privilege::kMachine);
  s_.mepc = 0x80004000;
  s_.mstatus |= mstatus::kMpie | mstatus::kMprv | 1ull << mstatus::kMppShift;
  ASSERT_TRUE(hart_.mret());
  EXPECT_EQ(s_.privilege, Privilege::kSupervisor);
  EXPECT_EQ(s_.pc, 0x80004000u);
  EXPECT_NE(s_.mstatus & mstatus::kMie, 0u);
  EXPECT_NE(s_.mstatus & mstatus::kMpie, 0u);
  EXPECT_EQ(s_.mstatus & (mstatus::kMpp | mstatus::kMprv), 0u);
  in(Privilege::kMachine);
  s_.mstatus |= mstatus::kMpp | mstatus::kMprv;
  ASSERT_TRUE(hart_.mret());
  EXPECT_NE(s_.mstatus & mstatus::kMprv, 0u);
}

TEST_F(TrapTest, ReturnsNeedTheirPrivilege) {
  in(Privilege::kSupervisor);
  EXPECT_FALSE(hart_.mret());
  EXPECT_TRUE(hart_.sret());
  in(Privilege::kUser);
  EXPECT_FALSE(hart_.sret());
  in(Privilege::kSupervisor);
  s_.mstatus |= mstatus::kTsr;
  EXPECT_FALSE(hart_.sret());
  in(Privilege::kMachine);
  EXPECT_TRUE(hart_.sret());
}

// "Supervisor Memory-Management Fence Instruction", "Virtualization Support in mstatus Register" (TVM).
TEST_F(TrapTest, TvmMakesFenceAndSatpIllegalInSupervisorMode) {
  in(Privilege::kSupervisor);
  EXPECT_TRUE(hart_.sfence_vma());
  s_.mstatus |= mstatus::kTvm;
  EXPECT_FALSE(hart_.sfence_vma());
  EXPECT_FALSE(hart_.read_csr(csr::kSatp));
  in(Privilege::kMachine);
  EXPECT_TRUE(hart_.sfence_vma());
  EXPECT_TRUE(hart_.read_csr(csr::kSatp));
  in(Privilege::kUser);
  EXPECT_FALSE(hart_.sfence_vma());
}

// "Sstc" extension: STIP follows time >= stimecmp while menvcfg.STCE is set.
TEST_F(TrapTest, SupervisorTimerFollowsTheComparison) {
  s_.menvcfg = menvcfg::kStce;
  s_.stimecmp = 10;
  s_.mip = 1 << kSti;  // what software wrote does not count
  time_.rate = 1ull << 32;
  EXPECT_EQ(hart_.mip() >> kSti & 1, 0u);
  EXPECT_EQ(hart_.timer_deadline(), 10u);
  time_.steps = 10;
  EXPECT_EQ(hart_.mip() >> kSti & 1, 1u);
  EXPECT_EQ(hart_.timer_deadline(), kNever);
}

}  // namespace
}  // namespace recount
