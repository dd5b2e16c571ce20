// What an engine must get right around an instruction: the list in docs/determinism.md, and the chapters
// named. Each with the cached engine and the oracle.

#include <gtest/gtest.h>

#include "isa/csr.h"
#include "machine/board.h"
#include "support/assembler.h"
#include "support/test_machine.h"

namespace recount::test {
namespace {

constexpr uint64_t kRam = raw(board::kRam);
constexpr uint64_t kHandler = 0x1000, kCode = 0x8000, kData = 0x9000;
constexpr uint64_t kRoot = 0x4000, kMiddle = 0x5000, kLeaf = 0x6000, kWindow = 0x40000000;
constexpr uint64_t kKernelPage = 0xcf;  // V R W X A D

class Conformance : public testing::TestWithParam<EngineKind> {
 protected:
  Conformance() {
    MachineConfig config;
    config.ram_bytes = 16 << 20;
    config.engine = GetParam();
    config.jit.hot_after = 1;
    machine_ = std::make_unique<TestMachine>(config, BootImages{});
    machine_->set_events(time_at_rate(1ull << 32));  // a tick each step
    hart_.pc = kRam + kCode;
    hart_.mtvec = hart_.stvec = kRam + kHandler;
    hart_.mcounteren = hart_.scounteren = 0xffffffff;
    put(kHandler, Assembler().emit(Op::kJal));  // stays there
  }
  void put(uint64_t offset, const Assembler& code) {
    machine_->machine().ram().write(board::kRam + offset, code.bytes());
  }
  void put64(uint64_t offset, uint64_t v) {
    store_le(machine_->machine().ram().host(board::kRam + offset), v);
  }
  uint64_t get64(uint64_t offset) {
    return load_le<uint64_t>(machine_->machine().ram().host(board::kRam + offset));
  }
  // The window's first page is kCode, its second kData; the rest is not there.
  void page_tables(uint64_t data_flags) {
    put64(kRoot + 8, (kRam + kMiddle) >> 2 | 1);
    put64(kRoot + 16, kRam >> 2 | kKernelPage);
    put64(kMiddle, (kRam + kLeaf) >> 2 | 1);
    put64(kLeaf, (kRam + kCode) >> 2 | kKernelPage);
    put64(kLeaf + 8, (kRam + kData) >> 2 | data_flags);
    hart_.satp = satp::kSv39 << satp::kModeShift | (kRam + kRoot) >> kPageShift;
    hart_.privilege = Privilege::kSupervisor;
    hart_.pc = kWindow;
  }
  // Long enough for every test here: they end in the handler, or spin.
  const HartState& run(uint64_t steps = 100) {
    machine_->set_hart(hart_);
    stop_ = machine_->run_until(Position{steps});
    return machine_->machine().hart();
  }

  std::unique_ptr<TestMachine> machine_;
  HartState hart_;
  Stop stop_ = Stop::kPosition;
};

TEST_P(Conformance, HandlerThatTrapsOnItselfIsATrapLoop) {
  put(kHandler, Assembler().emit(Op::kEbreak));
  put(kCode, Assembler().emit(Op::kEbreak));
  run();
  EXPECT_EQ(stop_, Stop::kTrapLoop);
}

TEST_P(Conformance, UserWhoJumpsToTheHandlersAddressDoesNotStopTheMachine) {
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

TEST_P(Conformance, InstructionWhoseSecondHalfIsNotThereFaultsWithThatHalfsAddress) {
  page_tables(0);
  hart_.pc = kWindow + kPageSize - 2;
  store_le(machine_->machine().ram().host(board::kRam + (kData - 2)), uint16_t{0x0013});
  const HartState& s = run();
  EXPECT_EQ(s.mcause, 12u);
  EXPECT_EQ(s.mepc, kWindow + kPageSize - 2);
  EXPECT_EQ(s.mtval, kWindow + kPageSize);
}

TEST_P(Conformance, LoadToX0StillFaults) {
  hart_.x[5] = 0x1000;  // nothing is there
  put(kCode, Assembler().emit(Op::kLd, {.rd = 0, .rs1 = 5}));
  EXPECT_EQ(run().mcause, 5u);
}

TEST_P(Conformance, FaultingLoadLeavesItsBaseAlone) {
  hart_.x[5] = 0x1000;
  put(kCode, Assembler().emit(Op::kLd, {.rd = 5, .rs1 = 5}));
  EXPECT_EQ(run().x[5], 0x1000u);
}

// Privileged spec, "Machine Trap Value Register": the instruction's own bits.
TEST_P(Conformance, IllegalInstructionShowsItsBits) {
  put64(kCode, 0xffffffff);
  EXPECT_EQ(run().mtval, 0xffffffffu);
}
TEST_P(Conformance, IllegalCompressedInstructionShowsItsHalfword) {
  put64(kCode, 0xffff0000);
  const HartState& s = run();
  EXPECT_EQ(s.mcause, 2u);
  EXPECT_EQ(s.mtval, 0u);
}

// "Environment Call and Breakpoint": they do not retire. They are steps all the same.
TEST_P(Conformance, TrapsAreStepsThatDoNotRetire) {
  put(kCode, Assembler().emit(Op::kAddi).emit(Op::kEcall));
  put(kHandler,
      Assembler().csr(Op::kCsrrs, 10, csr::kMinstret, 0).csr(Op::kCsrrs, 11, csr::kMcycle, 0).emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.x[10], 1u);
  EXPECT_EQ(s.x[11], 3u);
}

TEST_P(Conformance, TimeIsExactInTheMiddleOfABlock) {
  Assembler a;
  for (unsigned i = 0; i < 10; ++i) a.emit(Op::kAddi);
  a.csr(Op::kCsrrs, 10, csr::kTime, 0).emit(Op::kJal);
  put(kCode, a);
  EXPECT_EQ(run().x[10], 10u);
}

// "Machine Interrupt (mip and mie) Registers": taken before the next instruction after what made it possible.
TEST_P(Conformance, CsrWriteThatEnablesAnInterruptIsFollowedByIt) {
  hart_.mie = hart_.mip = 1 << kSsi;
  put(kCode, Assembler().csr(Op::kCsrrsi, 0, csr::kMstatus, 8).emit(Op::kAddi, {.rd = 10, .imm = 1}));
  const HartState& s = run();
  EXPECT_EQ(s.mcause, 1ull << 63 | kSsi);
  EXPECT_EQ(s.mepc, kRam + kCode + 4);
  EXPECT_EQ(s.x[10], 0u);
}
TEST_P(Conformance, ReturnThatEnablesAnInterruptIsFollowedByIt) {
  hart_.mie = hart_.mip = 1 << kSsi;
  hart_.mstatus |= mstatus::kMpie | mstatus::kMpp;
  hart_.mepc = kRam + kCode + 0x100;
  put(kCode, Assembler().emit(Op::kMret));
  put(kCode + 0x100, Assembler().emit(Op::kAddi, {.rd = 10, .imm = 1}));
  const HartState& s = run();
  EXPECT_EQ(s.mepc, kRam + kCode + 0x100);
  EXPECT_EQ(s.x[10], 0u);
}
TEST_P(Conformance, InterruptComesBeforeTheExceptionOfTheSameStep) {
  hart_.menvcfg = menvcfg::kStce;
  hart_.stimecmp = 2;
  hart_.mie = 1 << kSti;
  hart_.mstatus |= mstatus::kMie;
  put(kCode, Assembler().emit(Op::kAddi).emit(Op::kAddi).emit(Op::kEcall));
  const HartState& s = run();
  EXPECT_EQ(s.mcause, 1ull << 63 | kSti);
  EXPECT_EQ(s.mepc, kRam + kCode + 8);
}
TEST_P(Conformance, StoreToTheSoftwareInterruptIsFollowedByIt) {
  hart_.mie = 1 << kMsi;
  hart_.mstatus |= mstatus::kMie;
  hart_.x[5] = raw(board::kAclint);
  hart_.x[6] = 1;
  put(kCode, Assembler().emit(Op::kSw, {.rs1 = 5, .rs2 = 6}).emit(Op::kAddi, {.rd = 10, .imm = 1}));
  const HartState& s = run();
  EXPECT_EQ(s.mcause, 1ull << 63 | kMsi);
  EXPECT_EQ(s.mepc, kRam + kCode + 4);
}

// "Wait for Interrupt".
TEST_P(Conformance, WfiStopsWhereItWaitsAndTakesNoSteps) {
  put(kCode, Assembler().emit(Op::kWfi));
  run();
  EXPECT_EQ(stop_, Stop::kIdle);
  EXPECT_EQ(machine_->machine().at(), Position{1});
}
TEST_P(Conformance, WfiGoesOnWithAMaskedInterrupt) {
  hart_.mie = hart_.mip = 1 << kSsi;
  put(kCode, Assembler().emit(Op::kWfi).emit(Op::kAddi, {.rd = 10, .imm = 1}).emit(Op::kJal));
  EXPECT_EQ(run().x[10], 1u);
}

// Unprivileged spec, "Load-Reserved/Store-Conditional Instructions". Whether one that fails sets D is unspecified: ours does.
TEST_P(Conformance, StoreConditionalWithoutReservationStoresNothing) {
  page_tables(kKernelPage & ~0x80ull);
  hart_.x[5] = kWindow + kPageSize;
  put64(kData, 7);
  put(kCode, Assembler().emit(Op::kScD, {.rd = 10, .rs1 = 5, .rs2 = 5}).emit(Op::kJal));
  EXPECT_EQ(run().x[10], 1u);
  EXPECT_EQ(get64(kData), 7u);
  EXPECT_EQ(get64(kLeaf + 8) & 0x80, 0x80u);
}
// "No SC.W instruction shall retire unless it passes memory permission checks".
TEST_P(Conformance, StoreConditionalThatWouldFailFaultsAllTheSame) {
  page_tables(kKernelPage & ~4ull);  // not writable
  hart_.x[5] = kWindow + kPageSize;
  put(kCode, Assembler().emit(Op::kScD, {.rd = 10, .rs1 = 5, .rs2 = 5}).emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.mcause, 15u);
  EXPECT_EQ(s.mtval, kWindow + kPageSize);
}
TEST_P(Conformance, StoreConditionalThatFaultsTakesTheReservationToo) {
  page_tables(kKernelPage);
  hart_.x[5] = kWindow + kPageSize;
  hart_.x[6] = 0x1000;  // nothing is there
  put(kCode, Assembler()
                 .emit(Op::kLrD, {.rd = 7, .rs1 = 5})
                 .emit(Op::kScD, {.rd = 10, .rs1 = 6, .rs2 = 5})
                 .emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.mcause, 15u);
  EXPECT_FALSE(s.reserved);
}
TEST_P(Conformance, StoreConditionalSucceedsOnceAndOnlyAtItsAddress) {
  hart_.x[5] = kRam + kData;
  hart_.x[6] = kRam + kData + 64;
  put(kCode, Assembler()
                 .emit(Op::kLrD, {.rd = 7, .rs1 = 5})
                 .emit(Op::kScD, {.rd = 10, .rs1 = 5, .rs2 = 6})
                 .emit(Op::kScD, {.rd = 11, .rs1 = 5, .rs2 = 5})
                 .emit(Op::kLrD, {.rd = 7, .rs1 = 5})
                 .emit(Op::kScD, {.rd = 12, .rs1 = 6, .rs2 = 5})
                 .emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.x[10], 0u);
  EXPECT_EQ(s.x[11], 1u);
  EXPECT_EQ(s.x[12], 1u);
  EXPECT_EQ(get64(kData), kRam + kData + 64);
  EXPECT_EQ(get64(kData + 64), 0u);
}
TEST_P(Conformance, MisalignedAtomicIsAStoreFault) {
  hart_.x[5] = kRam + kData + 4;
  put(kCode, Assembler().emit(Op::kAmoaddD, {.rd = 6, .rs1 = 5, .rs2 = 5}));
  const HartState& s = run();
  EXPECT_EQ(s.mcause, 6u);
  EXPECT_EQ(s.mtval, kRam + kData + 4);
}

// "Floating-Point Control and Status Register"; "Extension Context Status in mstatus Register".
TEST_P(Conformance, FloatWithFsOffIsIllegal) {
  put(kCode, Assembler().emit(Op::kFaddD, {.rd = 1, .rs1 = 1, .rs2 = 1}));
  EXPECT_EQ(run().mcause, 2u);
}
TEST_P(Conformance, ReservedDynamicRoundingIsIllegalAtItsUse) {
  hart_.mstatus |= mstatus::kFs;
  hart_.frm = 5;
  put(kCode, Assembler()
                 .emit(Op::kFsgnjD, {.rd = 1, .rs1 = 1, .rs2 = 1})
                 .emit(Op::kFaddD, {.rd = 1, .rs1 = 1, .rs2 = 1, .rm = 7}));
  const HartState& s = run();
  EXPECT_EQ(s.mcause, 2u);
  EXPECT_EQ(s.mepc, kRam + kCode + 4);
}

// What a slow path writes to a register that is overwritten at once: a block must not take it for what was there before.
TEST_P(Conformance, AtomicWhoseResultIsOverwrittenSpoilsNoCopyOfTheOldValue) {
  hart_.x[5] = kRam + kData;
  hart_.x[7] = 21;
  put64(kData, 7);
  put(kCode, Assembler()
                 .emit(Op::kAdd, {.rd = 6, .rs1 = 7, .rs2 = 7})
                 .emit(Op::kAddi, {.rd = 28, .rs1 = 6})
                 .emit(Op::kAmoaddD, {.rd = 6, .rs1 = 5, .rs2 = 7})
                 .emit(Op::kAddi, {.rd = 30, .rs1 = 28, .imm = 1})
                 .emit(Op::kAddi, {.rd = 6, .imm = 1})
                 .emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.x[30], 43u);
  EXPECT_EQ(s.x[6], 1u);
  EXPECT_EQ(get64(kData), 28u);
}
TEST_P(Conformance, NanThatIsOverwrittenBySinglesLeavesThemBoxed) {
  hart_.mstatus |= mstatus::kFs;
  hart_.f[2] = 0x7ff8000000000000;
  hart_.f[4] = 0xffffffff3f800000;
  put(kCode, Assembler()
                 .emit(Op::kFsgnjS, {.rd = 1, .rs1 = 4, .rs2 = 4})
                 .emit(Op::kFaddD, {.rd = 1, .rs1 = 2, .rs2 = 2, .rm = 7})
                 .emit(Op::kFsgnjS, {.rd = 1, .rs1 = 4, .rs2 = 4})
                 .emit(Op::kJal));
  EXPECT_EQ(run().f[1], 0xffffffff3f800000u);
}
TEST_P(Conformance, SignOfACopyIsTheOriginalsOwn) {
  hart_.mstatus |= mstatus::kFs;
  hart_.f[2] = 0xbff0000000000000;
  put(kCode, Assembler()
                 .emit(Op::kFsgnjD, {.rd = 1, .rs1 = 2, .rs2 = 2})
                 .emit(Op::kFsgnjD, {.rd = 3, .rs1 = 2, .rs2 = 1})
                 .emit(Op::kFsgnjnD, {.rd = 4, .rs1 = 2, .rs2 = 1})
                 .emit(Op::kFsgnjxD, {.rd = 5, .rs1 = 2, .rs2 = 1})
                 .emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.f[3], 0xbff0000000000000u);
  EXPECT_EQ(s.f[4], 0x3ff0000000000000u);
  EXPECT_EQ(s.f[5], 0x3ff0000000000000u);
}

// What a kernel does before it has turned paging on: its virtual addresses are far from its code.
TEST_P(Conformance, AddressFarFromTheCodeIsComputedExactly) {
  put(kCode, Assembler()
                 .emit(Op::kAuipc, {.rd = 5})
                 .emit(Op::kLui, {.rd = 6, .imm = -0x80000000ll})
                 .emit(Op::kAdd, {.rd = 10, .rs1 = 5, .rs2 = 6})
                 .emit(Op::kAddi, {.rd = 11, .rs1 = 10, .imm = -1})
                 .emit(Op::kSub, {.rd = 12, .rs1 = 5, .rs2 = 6})
                 .emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.x[10], kCode);
  EXPECT_EQ(s.x[11], kCode - 1);
  EXPECT_EQ(s.x[12], kCode + 0x100000000);
}

// QEMU before 8.0 gets this wrong, so that it is not compared there.
TEST_P(Conformance, CtzwLooksAtTheLowWordOnly) {
  hart_.x[5] = 1ull << 40;
  put(kCode, Assembler().emit(Op::kCtzw, {.rd = 10, .rs1 = 5}).emit(Op::kJal));
  EXPECT_EQ(run().x[10], 32u);
}

INSTANTIATE_TEST_SUITE_P(Engines, Conformance, testing::Values(EngineKind::kReference, EngineKind::kInterp, EngineKind::kJit),
                         [](const auto& engine) {
                           return std::string(engine_name(engine.param));
                         });

}  // namespace
}  // namespace recount::test
