// Sstc. Supervisor-Level ISA, "Supervisor Timer (stimecmp) Register"; Machine-Level ISA, "Machine Environment Configuration
// (menvcfg) Register", STCE. Time goes on by one a step here.

#include "conformance/conformance.h"

namespace recount::test {
namespace {

class SupervisorTimer : public Conformance {};

// "A supervisor timer interrupt becomes pending ... whenever time contains a value greater than or equal to stimecmp,
// treating the values as unsigned integers."
TEST_P(SupervisorTimer, StipFollowsTheComparison) {
  hart_.menvcfg = menvcfg::kStce;
  hart_.stimecmp = 2;
  hart_.mip = 1 << kSti;  // as machine mode left it before it set STCE
  put(kCode, Assembler()
                 .emit(Op::kAddi)
                 .csr(Op::kCsrrs, 10, csr::kMip, 0)  // time is 1
                 .csr(Op::kCsrrs, 11, csr::kMip, 0)  // time is 2
                 .emit(Op::kAddi, {.rd = 5, .imm = -1})
                 .csr(Op::kCsrrw, 0, csr::kStimecmp, 5)
                 .csr(Op::kCsrrs, 12, csr::kMip, 0)
                 .emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.x[10], 0u);
  EXPECT_EQ(s.x[11], uint64_t{1 << kSti});
  EXPECT_EQ(s.x[12], 0u) << "~0 is never reached";
}
TEST_P(SupervisorTimer, InterruptIsTakenAtTheVeryStep) {
  hart_.menvcfg = menvcfg::kStce;
  hart_.stimecmp = 7;
  hart_.mie = hart_.mideleg = 1 << kSti;
  run_in(Privilege::kSupervisor);
  hart_.mstatus |= mstatus::kSie;
  Assembler a;
  for (unsigned n = 0; n < 20; ++n) a.emit(Op::kAddi, {.rd = 10, .rs1 = 10, .imm = 1});
  put(kCode, a);
  const HartState& s = run();
  EXPECT_EQ(s.scause, kInterruptBit | kSti);
  EXPECT_EQ(s.x[10], 7u);
  EXPECT_EQ(s.sepc, kRam + kCode + 4 * 7);
}
TEST_P(SupervisorTimer, WriteThatMakesItPendingIsFollowedByTheInterrupt) {
  hart_.menvcfg = menvcfg::kStce;
  hart_.mie = hart_.mideleg = 1 << kSti;
  run_in(Privilege::kSupervisor);
  hart_.mstatus |= mstatus::kSie;
  put(kCode, Assembler().csr(Op::kCsrrw, 0, csr::kStimecmp, 0).emit(Op::kAddi, {.rd = 10, .imm = 1}).emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.sepc, kRam + kCode + 4);
  EXPECT_EQ(s.x[10], 0u);
}
// "Machine Interrupt (mip and mie) Registers": with stimecmp, "STIP is read-only in mip"; with STCE zero it "reverts to its
// defined behavior as if this extension is not implemented": machine mode writes it.
TEST_P(SupervisorTimer, MachineModeWritesStipOnlyWithoutIt) {
  for (uint64_t stce : {uint64_t{0}, menvcfg::kStce}) {
    hart_.menvcfg = stce;
    hart_.stimecmp = ~0ull;
    hart_.x[5] = 1 << kSti;
    put(kCode, Assembler().csr(Op::kCsrrs, 0, csr::kMip, 5).csr(Op::kCsrrs, 10, csr::kMip, 0).emit(Op::kJal));
    EXPECT_EQ(run().x[10], stce != 0 ? 0u : uint64_t{1 << kSti});
  }
}
// "STCE in menvcfg is zero, an attempt to access stimecmp in a mode other than M-mode raises an illegal-instruction exception";
// "Machine Counter-Enable (mcounteren) Register": the same when TM is clear.
TEST_P(SupervisorTimer, SupervisorNeedsLeaveForStimecmp) {
  auto cause = [&](Privilege privilege, uint64_t stce, uint64_t counters) {
    run_in(privilege);
    hart_.menvcfg = stce, hart_.mcounteren = counters;
    return cause_of(Op::kCsrrw, {.rd = 10, .rs1 = 5, .imm = csr::kStimecmp});
  };
  hart_.x[5] = ~0ull;
  EXPECT_EQ(cause(Privilege::kMachine, 0, 0), 0u);
  EXPECT_EQ(cause(Privilege::kSupervisor, menvcfg::kStce, 2), 0u);
  EXPECT_EQ(cause(Privilege::kSupervisor, 0, 2), 2u);
  EXPECT_EQ(cause(Privilege::kSupervisor, menvcfg::kStce, ~2u), 2u);
  EXPECT_EQ(cause(Privilege::kUser, menvcfg::kStce, ~0u), 2u);
}

INSTANTIATE_TEST_SUITE_P(Engines, SupervisorTimer, kEveryEngine, engine_of);

}  // namespace
}  // namespace recount::test
