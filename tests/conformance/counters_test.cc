// cycle, time, instret and their enables. Machine-Level ISA, "Hardware Performance Monitor", "Machine Counter-Enable
// (mcounteren) Register"; unprivileged, "Zicntr". A cycle is a step: docs/determinism.md.

#include "conformance/conformance.h"

namespace recount::test {
namespace {

class Counters : public Conformance {};

// "When the CY, TM, IR, or HPMn bit in the mcounteren register is clear, attempts to read the ... register while executing
// in S-mode or U-mode will cause an illegal-instruction exception." "Counter-Enable (scounteren) Register": the same for
// user mode.
TEST_P(Counters, EachModeNeedsTheLeaveOfThoseAbove) {
  for (unsigned number : {csr::kCycle, csr::kTime, csr::kInstret, csr::kHpmcounter3, csr::kHpmcounter3 + 28}) {
    uint32_t bit = 1u << (number & 31);
    auto read = [&](Privilege privilege, uint64_t machine, uint64_t supervisor) {
      run_in(privilege);
      hart_.mcounteren = machine, hart_.scounteren = supervisor;
      return cause_of(Op::kCsrrs, {.rd = 10, .imm = number});
    };
    EXPECT_EQ(read(Privilege::kMachine, 0, 0), 0u);
    EXPECT_EQ(read(Privilege::kSupervisor, ~bit, ~0u), 2u);
    EXPECT_EQ(read(Privilege::kSupervisor, bit, 0), 0u);
    EXPECT_EQ(read(Privilege::kUser, bit, ~bit), 2u);
    EXPECT_EQ(read(Privilege::kUser, ~bit, bit), 2u);
    EXPECT_EQ(read(Privilege::kUser, bit, bit), 0u);
  }
}
// "CSR Address Mapping Conventions": the unprivileged ones are read-only.
TEST_P(Counters, UnprivilegedCountersCannotBeWritten) {
  for (unsigned number : {csr::kCycle, csr::kTime, csr::kInstret, csr::kHpmcounter3}) {
    EXPECT_EQ(cause_of(Op::kCsrrw, {.rd = 10, .rs1 = 5, .imm = number}), 2u);
    EXPECT_EQ(cause_of(Op::kCsrrsi, {.rd = 10, .rs1 = 1, .imm = number}), 2u);
    EXPECT_EQ(cause_of(Op::kCsrrci, {.rd = 10, .rs1 = 0, .imm = number}), 0u) << "zero bits are no write";
  }
}
TEST_P(Counters, TimeIsExactInTheMiddleOfABlock) {
  Assembler a;
  for (unsigned i = 0; i < 10; ++i) a.emit(Op::kAddi);
  a.csr(Op::kCsrrs, 10, csr::kTime, 0).emit(Op::kJal);
  put(kCode, a);
  EXPECT_EQ(run().x[10], 10u);
}
TEST_P(Counters, ARetiredInstructionIsCountedByTheNext) {
  put(kCode, Assembler()
                 .csr(Op::kCsrrs, 10, csr::kInstret, 0)
                 .csr(Op::kCsrrs, 11, csr::kInstret, 0)
                 .emit(Op::kAddi)
                 .csr(Op::kCsrrs, 12, csr::kInstret, 0)
                 .csr(Op::kCsrrs, 13, csr::kCycle, 0)
                 .emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.x[11] - s.x[10], 1u);
  EXPECT_EQ(s.x[12] - s.x[11], 2u);
  EXPECT_EQ(s.x[13], 4u);
}
// Wherever a block is left, what retired is counted, and no more.
TEST_P(Counters, BlockThatIsLeftEarlyCountsWhatRetired) {
  put(kHandler, Assembler().csr(Op::kCsrrs, 10, csr::kMinstret, 0).emit(Op::kJal));
  Assembler rest;
  for (unsigned n = 0; n < 20; ++n) rest.emit(Op::kAddi);
  hart_.x[5] = kNowhere;
  put(kCode, Assembler().emit(Op::kAddi).emit(Op::kAddi).emit(Op::kLd, {.rd = 6, .rs1 = 5}));
  put(kCode + 12, rest);
  EXPECT_EQ(run().x[10], 2u) << "a load that faults";
  hart_.minstret_offset = 0 - raw(machine_->machine().at()) + machine_->machine().hart().unretired;
  hart_.unretired = machine_->machine().hart().unretired;
  put(kCode, Assembler().emit(Op::kAddi).emit(Op::kBeq, {.imm = 40}).emit(Op::kAddi));
  put(kCode + 44, Assembler().csr(Op::kCsrrs, 10, csr::kMinstret, 0).emit(Op::kJal));
  EXPECT_EQ(run().x[10], 2u) << "a branch that is taken";
}
// Unprivileged, "Zicsr": "a value written to instret by one instruction will be the value read by the following instruction".
TEST_P(Counters, WrittenCounterIsWhatTheNextInstructionReads) {
  hart_.x[5] = 1000;
  put(kCode, Assembler()
                 .csr(Op::kCsrrw, 0, csr::kMinstret, 5)
                 .csr(Op::kCsrrs, 10, csr::kMinstret, 0)
                 .csr(Op::kCsrrw, 0, csr::kMcycle, 5)
                 .csr(Op::kCsrrs, 11, csr::kMcycle, 0)
                 .emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.x[10], 1000u);
  EXPECT_EQ(s.x[11], 1000u);
}
TEST_P(Counters, CountersWrapAround) {
  hart_.x[5] = ~0ull;
  put(kCode, Assembler()
                 .csr(Op::kCsrrw, 0, csr::kMinstret, 5)
                 .emit(Op::kAddi)
                 .csr(Op::kCsrrs, 10, csr::kMinstret, 0)
                 .emit(Op::kJal));
  EXPECT_EQ(run().x[10], 0u);
}
// "Hardware Performance Monitor": mhpmcounters may be read-only zero, and mcountinhibit: nothing is inhibited here.
TEST_P(Counters, HpmCountersAndMcountinhibitAreZero) {
  for (unsigned number : {csr::kMhpmcounter3, csr::kMhpmcounter3 + 28, csr::kMhpmevent3, csr::kMhpmevent3 + 28,
                          csr::kMcountinhibit}) {
    hart_.x[5] = ~0ull;
    put(kCode, Assembler().csr(Op::kCsrrw, 0, number, 5).csr(Op::kCsrrs, 10, number, 0).emit(Op::kJal));
    hart_.x[10] = 1;
    EXPECT_EQ(run().x[10], 0u) << csr_name(number);
  }
}
// "Machine Timer (mtime and mtimecmp) Registers": MTIP is up while mtime >= mtimecmp, unsigned; time shows mtime.
TEST_P(Counters, MachineTimerFollowsTheComparison) {
  hart_.x[5] = raw(board::kAclint);
  hart_.x[6] = 1 << 14;
  hart_.x[7] = 7;
  put(kCode, Assembler()
                 .emit(Op::kAdd, {.rd = 6, .rs1 = 5, .rs2 = 6})
                 .emit(Op::kSd, {.rs1 = 6, .rs2 = 7})
                 .csr(Op::kCsrrs, 10, csr::kMip, 0)  // time is 2
                 .emit(Op::kAddi)
                 .emit(Op::kAddi)
                 .emit(Op::kAddi)
                 .csr(Op::kCsrrs, 11, csr::kMip, 0)  // time is 6
                 .csr(Op::kCsrrs, 12, csr::kMip, 0)  // time is 7
                 .emit(Op::kSw, {.rs1 = 6, .rs2 = 6, .imm = 4})
                 .csr(Op::kCsrrs, 13, csr::kMip, 0)
                 .emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.x[10] >> kMti & 1, 0u);
  EXPECT_EQ(s.x[11] >> kMti & 1, 0u);
  EXPECT_EQ(s.x[12] >> kMti & 1, 1u);
  EXPECT_EQ(s.x[13] >> kMti & 1, 0u);
}

INSTANTIATE_TEST_SUITE_P(Engines, Counters, kEveryEngine, engine_of);

}  // namespace
}  // namespace recount::test
