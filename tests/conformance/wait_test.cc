// WFI. Machine-Level ISA, "Wait for Interrupt".

#include "conformance/conformance.h"

namespace recount::test {
namespace {

class WaitForInterrupt : public Conformance {};

TEST_P(WaitForInterrupt, StopsWhereItWaitsAndTakesNoSteps) {
  put(kCode, Assembler().emit(Op::kWfi));
  run();
  EXPECT_EQ(stop_, Stop::kIdle);
  EXPECT_EQ(machine_->machine().at(), Position{1});
}
// "should avoid resuming the hart if the interrupt is pending but not locally enabled".
TEST_P(WaitForInterrupt, InterruptThatIsNotEnabledDoesNotWake) {
  hart_.mip = 1 << kSsi;
  hart_.mstatus |= mstatus::kMie;
  put(kCode, Assembler().emit(Op::kWfi));
  run();
  EXPECT_EQ(stop_, Stop::kIdle);
}
// "must be unaffected by the global interrupt bits in mstatus (MIE and SIE) and the delegation register mideleg". "If the
// event that causes the hart to resume execution does not cause an interrupt to be taken, execution will resume at pc + 4".
TEST_P(WaitForInterrupt, GoesOnWithAMaskedInterrupt) {
  for (uint64_t mideleg : {0, 1 << kSsi}) {
    hart_.mie = hart_.mip = 1 << kSsi;
    hart_.mideleg = mideleg;
    EXPECT_EQ(run_one(Op::kWfi).pc, kRam + kCode + 4);
    EXPECT_EQ(stop_, Stop::kPosition);
  }
}
// "the interrupt trap will be taken on the following instruction, i.e., execution resumes in the trap handler and mepc = pc
// + 4".
TEST_P(WaitForInterrupt, InterruptThatIsTakenReturnsBehindIt) {
  hart_.menvcfg = menvcfg::kStce;
  hart_.mie = 1 << kSti;
  hart_.mstatus |= mstatus::kMie;
  hart_.stimecmp = 1000;  // TestMachine moves time there when the hart is idle
  const HartState& s = run_one(Op::kWfi);
  EXPECT_EQ(s.mcause, kInterruptBit | kSti);
  EXPECT_EQ(s.mepc, kRam + kCode + 4);
  EXPECT_EQ(machine_->machine().at(), Position{100});
}
// "Virtualization Support in mstatus Register": "When TW=1, ... if WFI is executed in any less-privileged mode, and it does
// not complete within an implementation-specific, bounded time limit, the WFI instruction causes an illegal-instruction
// exception". Ours is zero, which "may always be" so; and so it is in user mode, where S-mode exists.
TEST_P(WaitForInterrupt, TwForbidsItBelowMachineMode) {
  hart_.mie = hart_.mip = 1 << kSsi;
  hart_.mideleg = 1 << kSsi;
  run_in(Privilege::kSupervisor);
  EXPECT_EQ(cause_of(Op::kWfi), 0u);
  hart_.mstatus |= mstatus::kTw;
  EXPECT_EQ(cause_of(Op::kWfi), 2u);
  run_in(Privilege::kMachine);
  EXPECT_EQ(cause_of(Op::kWfi), 0u);
}
TEST_P(WaitForInterrupt, UserModeMayNotWait) {
  run_in(Privilege::kUser);
  EXPECT_EQ(cause_of(Op::kWfi), 2u);
}

INSTANTIATE_TEST_SUITE_P(Engines, WaitForInterrupt, kEveryEngine, engine_of);

}  // namespace
}  // namespace recount::test
