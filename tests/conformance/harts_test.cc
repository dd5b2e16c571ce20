// Several harts: what each has for itself, what ends its turn, how one reaches another. docs/adr/0007; SBI specification, "Hart State
// Management", "IPI Extension".

#include "conformance/conformance.h"

namespace recount::test {
namespace {

constexpr uint64_t kTurn = 50, kOther = kCode + 0x400;  // steps; where hart 1's code is

class Harts : public testing::TestWithParam<EngineKind> {
 protected:
  Harts() {
    MachineConfig config;
    config.harts = 2;
    config.turn_steps = kTurn;
    config.ram_bytes = 16 << 20;
    config.engine = GetParam();
    config.jit.hot_after = 1;
    machine_ = std::make_unique<TestMachine>(config, BootImages{});
    for (unsigned n = 0; n < 2; ++n) {
      hart_[n].pc = kRam + (n == 0 ? kCode : kOther);
      hart_[n].mtvec = hart_[n].stvec = kRam + kHandler;
      open_memory(hart_[n]);
    }
    put(kHandler, Assembler().emit(Op::kJal));
    put(kCode, Assembler().emit(Op::kJal));
    put(kOther, Assembler().emit(Op::kJal));
  }
  void put(uint64_t offset, const Assembler& code) { machine_->machine().ram().write(board::kRam + offset, code.bytes()); }
  Stop run(uint64_t steps) {
    if (raw(machine_->machine().at()) == 0) {
      for (unsigned n = 0; n < 2; ++n) machine_->set_hart(hart_[n], n);
    }
    return machine_->run_until(machine_->machine().at() + steps);
  }
  const HartState& hart(unsigned n) { return machine_->machine().hart(n); }
  uint64_t running() { return machine_->machine().hart().hart_id; }

  std::unique_ptr<TestMachine> machine_;
  std::array<HartState, 2> hart_;
};

TEST_P(Harts, TakeTurnsOfSoManySteps) {
  run(kTurn);
  EXPECT_EQ(running(), 0u);
  run(1);
  EXPECT_EQ(running(), 1u);
  run(kTurn);
  EXPECT_EQ(running(), 0u);
}
TEST_P(Harts, PauseEndsATurn) {
  put(kCode, Assembler().emit(Op::kPause).emit(Op::kJal));
  run(2);
  EXPECT_EQ(running(), 1u);
  EXPECT_EQ(hart(0).pc, kRam + kCode + 4);
}
TEST_P(Harts, OneThatWaitsIsPassedOver) {
  put(kCode, Assembler().emit(Op::kWfi).emit(Op::kJal));
  EXPECT_EQ(run(1 + 3 * kTurn), Stop::kPosition);
  EXPECT_EQ(running(), 1u);
  EXPECT_EQ(hart(0).pc, kRam + kCode + 4);
}
TEST_P(Harts, AreIdleOnlyWhenAllWait) {
  put(kCode, Assembler().emit(Op::kWfi).emit(Op::kJal));
  put(kOther, Assembler().emit(Op::kAddi).emit(Op::kAddi).emit(Op::kWfi).emit(Op::kJal));
  EXPECT_EQ(run(100), Stop::kIdle);
  EXPECT_EQ(raw(machine_->machine().at()), 4u);
}
TEST_P(Harts, ReservationDoesNotOutliveATurn) {
  hart_[0].x[6] = kRam + kData;
  put(kCode, Assembler()
                 .emit(Op::kLrD, {.rd = 5, .rs1 = 6})
                 .emit(Op::kPause)
                 .emit(Op::kScD, {.rd = 7, .rs1 = 6, .rs2 = 5})
                 .emit(Op::kJal));
  run(4 * kTurn);
  EXPECT_EQ(hart(0).x[7], 1u);
}
TEST_P(Harts, CountOnlyTheirOwnInstructions) {
  put(kCode, Assembler().emit(Op::kPause).csr(Op::kCsrrs, 5, csr::kMinstret, 0).emit(Op::kJal));
  run(4 * kTurn);
  EXPECT_EQ(hart(0).x[5], 1u);
}
TEST_P(Harts, HaveTheirOwnNumber) {
  for (uint64_t code : {kCode, kOther}) put(code, Assembler().csr(Op::kCsrrs, 5, csr::kMhartid, 0).emit(Op::kJal));
  run(4 * kTurn);
  EXPECT_EQ(hart(0).x[5], 0u);
  EXPECT_EQ(hart(1).x[5], 1u);
}
// Both run the same code from the same memory, and translations are cached for both: what one may do says nothing of the other.
TEST_P(Harts, HaveTheirOwnMemoryProtection) {
  for (HartState& h : hart_) {
    h.privilege = Privilege::kSupervisor;
    h.pc = kRam + kCode;
  }
  hart_[1].pmpcfg = {};
  run(3 * kTurn);
  EXPECT_EQ(hart(0).pc, kRam + kCode);
  EXPECT_EQ(hart(1).mcause, 1u);
}
TEST_P(Harts, SoftwareInterruptReachesTheOtherAtOnce) {
  hart_[0].x[6] = raw(board::kAclint) + 4;
  hart_[0].x[5] = 1;
  hart_[1].mie = 1 << kMsi;
  hart_[1].mstatus |= mstatus::kMie;
  hart_[1].waiting = true;
  put(kCode, Assembler().emit(Op::kSw, {.rs1 = 6, .rs2 = 5}).emit(Op::kJal));
  run(2);
  EXPECT_EQ(running(), 1u);
  EXPECT_EQ(hart(1).mcause, kInterruptBit | kMsi);
}

constexpr uint64_t kHsm = 0x48534d, kIpi = 0x735049;  // SBI extensions

TEST_P(Harts, SbiStartsOneAndTellsOfIt) {
  hart_[0].privilege = Privilege::kSupervisor;
  hart_[0].native_sbi = true;
  hart_[1].stopped = true;
  HartState& s = hart_[0];
  s.x[17] = kHsm, s.x[16] = 2, s.x[10] = 1;          // status of hart 1
  s.x[5] = kRam + kOther, s.x[6] = 0x77;
  put(kCode, Assembler()
                 .emit(Op::kEcall)
                 .emit(Op::kAddi, {.rd = 20, .rs1 = 11})
                 .emit(Op::kAddi, {.rd = 16})
                 .emit(Op::kAddi, {.rd = 10, .imm = 1})
                 .emit(Op::kAddi, {.rd = 11, .rs1 = 5})
                 .emit(Op::kAddi, {.rd = 12, .rs1 = 6})
                 .emit(Op::kEcall)
                 .emit(Op::kAddi, {.rd = 21, .rs1 = 10})
                 .emit(Op::kAddi, {.rd = 10, .imm = 1})
                 .emit(Op::kEcall)
                 .emit(Op::kAddi, {.rd = 22, .rs1 = 10})
                 .emit(Op::kJal));
  run(4 * kTurn);
  constexpr uint64_t kStopped = 1, kAlreadyAvailable = ~uint64_t{5};
  EXPECT_EQ(hart(0).x[20], kStopped);
  EXPECT_EQ(hart(0).x[21], 0u);
  EXPECT_EQ(hart(0).x[22], kAlreadyAvailable);
  EXPECT_EQ(hart(1).pc, kRam + kOther);
  EXPECT_EQ(hart(1).x[10], 1u);
  EXPECT_EQ(hart(1).x[11], 0x77u);
  EXPECT_EQ(hart(1).privilege, Privilege::kSupervisor);
}
TEST_P(Harts, SbiSendsAnInterruptThatEndsTheTurn) {
  hart_[0].privilege = hart_[1].privilege = Privilege::kSupervisor;
  hart_[0].native_sbi = true;
  hart_[0].x[17] = kIpi, hart_[0].x[10] = 2;  // a mask: hart 1
  hart_[1].mideleg = hart_[1].mie = 1 << kSsi;
  hart_[1].mstatus |= mstatus::kSie;
  put(kCode, Assembler().emit(Op::kEcall).emit(Op::kJal));
  run(2);
  EXPECT_EQ(running(), 1u);
  EXPECT_EQ(hart(1).scause, kInterruptBit | kSsi);
}
TEST_P(Harts, SbiStopsTheCaller) {
  hart_[0].privilege = Privilege::kSupervisor;
  hart_[0].native_sbi = true;
  hart_[0].x[17] = kHsm, hart_[0].x[16] = 1;
  put(kCode, Assembler().emit(Op::kEcall).emit(Op::kJal));
  run(3 * kTurn);
  EXPECT_TRUE(hart(0).stopped);
  EXPECT_EQ(running(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Engines, Harts, kEveryEngine, engine_of);

}  // namespace
}  // namespace recount::test
