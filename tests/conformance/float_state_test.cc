// What guards floating point: FS, and the rounding modes. Machine-Level ISA, "Extension Context Status in mstatus Register";
// unprivileged, "Floating-Point Control and Status Register".

#include "conformance/conformance.h"

namespace recount::test {
namespace {

constexpr uint64_t kInitial = 1ull << 13, kClean = 2ull << 13;

class FloatState : public Conformance {
 protected:
  FloatState() { hart_.x[5] = kRam + kData; }
  uint64_t fs_after(Op op, const Fields& fields) {
    const HartState& s = run_one(op, fields);
    EXPECT_EQ(s.pc, kRam + kCode + 4) << info_of(op).mnemonic;
    return s.mstatus & mstatus::kFs;
  }
};

// "When ... Off, any instruction that attempts to read or write the corresponding state will cause an illegal-instruction
// exception."
TEST_P(FloatState, EverythingIsIllegalWithFsOff) {
  for (Op op : {Op::kFaddD, Op::kFaddS, Op::kFmaddD, Op::kFsgnjD, Op::kFminS, Op::kFeqD, Op::kFclassD, Op::kFcvtWD, Op::kFcvtDW,
                Op::kFmvXD, Op::kFmvDX, Op::kFmvXW, Op::kFcvtSD, Op::kFsqrtD, Op::kFlw, Op::kFld, Op::kFsw, Op::kFsd}) {
    EXPECT_EQ(cause_of(op, {.rd = 1, .rs1 = 5, .rs2 = 1}), 2u) << info_of(op).mnemonic;
  }
  for (unsigned number : {csr::kFflags, csr::kFrm, csr::kFcsr}) {
    EXPECT_EQ(cause_of(Op::kCsrrs, {.rd = 10, .imm = number}), 2u);
    EXPECT_EQ(cause_of(Op::kCsrrw, {.rd = 10, .imm = number}), 2u);
  }
}
TEST_P(FloatState, FsTurnedOffInABlockCounts) {
  hart_.mstatus |= mstatus::kFs;
  hart_.x[6] = mstatus::kFs;
  put(kCode, Assembler()
                 .emit(Op::kFsgnjD, {.rd = 1, .rs1 = 1, .rs2 = 1})
                 .csr(Op::kCsrrc, 0, csr::kMstatus, 6)
                 .emit(Op::kFsgnjD, {.rd = 1, .rs1 = 1, .rs2 = 1})
                 .emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.mcause, 2u);
  EXPECT_EQ(s.mepc, kRam + kCode + 8);
}
// What writes the state makes it Dirty; what only reads it leaves Initial and Clean as they are.
TEST_P(FloatState, WritesMakeItDirtyAndReadsDoNot) {
  for (uint64_t before : {kInitial, kClean}) {
    hart_.mstatus = mstatus::kXlen64 | before;
    EXPECT_EQ(fs_after(Op::kFld, {.rd = 1, .rs1 = 5}), mstatus::kFs);
    EXPECT_EQ(fs_after(Op::kFlw, {.rd = 1, .rs1 = 5}), mstatus::kFs);
    EXPECT_EQ(fs_after(Op::kFmvDX, {.rd = 1, .rs1 = 5}), mstatus::kFs);
    EXPECT_EQ(fs_after(Op::kFaddD, {.rd = 1, .rs1 = 1, .rs2 = 1}), mstatus::kFs);
    EXPECT_EQ(fs_after(Op::kFsgnjS, {.rd = 1, .rs1 = 1, .rs2 = 1}), mstatus::kFs);
    EXPECT_EQ(fs_after(Op::kCsrrw, {.rs1 = 0, .imm = csr::kFflags}), mstatus::kFs);
    EXPECT_EQ(fs_after(Op::kFsd, {.rs1 = 5, .rs2 = 1}), before);
    EXPECT_EQ(fs_after(Op::kFmvXD, {.rd = 10, .rs1 = 1}), before);
    EXPECT_EQ(fs_after(Op::kCsrrs, {.rd = 10, .imm = csr::kFcsr}), before);
  }
}
// A comparison writes no f register: it must make the state Dirty when it raises a flag.
TEST_P(FloatState, RaisedFlagMakesItDirty) {
  hart_.mstatus = mstatus::kXlen64 | kClean;
  hart_.f[1] = 0x7ff0000000000001;
  EXPECT_EQ(fs_after(Op::kFeqD, {.rd = 10, .rs1 = 1, .rs2 = 1}), mstatus::kFs);
  EXPECT_EQ(fs_after(Op::kFcvtWD, {.rd = 10, .rs1 = 1}), mstatus::kFs);
}
TEST_P(FloatState, LoadThatFaultsWritesNothing) {
  hart_.mstatus = mstatus::kXlen64 | kClean;
  hart_.f[1] = 5;
  hart_.x[5] = kNowhere;
  EXPECT_EQ(cause_of(Op::kFld, {.rd = 1, .rs1 = 5}), 5u);
  EXPECT_EQ(machine_->machine().hart().f[1], 5u);
  EXPECT_EQ(machine_->machine().hart().mstatus & mstatus::kFs, kClean);
}

// "Rounding mode encoding": 5 and 6 are reserved in an instruction; in frm, 5 to 7, at the use of a dynamic rounding mode.
TEST_P(FloatState, ReservedStaticRoundingIsIllegal) {
  hart_.mstatus |= mstatus::kFs;
  for (unsigned rm = 0; rm < 8; ++rm) {
    EXPECT_EQ(cause_of(Op::kFaddD, {.rd = 1, .rs1 = 1, .rs2 = 1, .rm = rm}), rm == 5 || rm == 6 ? 2u : 0u) << rm;
    EXPECT_EQ(cause_of(Op::kFcvtLuS, {.rd = 10, .rs1 = 1, .rm = rm}), rm == 5 || rm == 6 ? 2u : 0u) << rm;
  }
}
TEST_P(FloatState, ReservedDynamicRoundingIsIllegalAtItsUse) {
  hart_.mstatus |= mstatus::kFs;
  for (uint8_t frm = 0; frm < 8; ++frm) {
    hart_.frm = frm;
    put(kCode, Assembler()
                   .emit(Op::kFsgnjD, {.rd = 1, .rs1 = 1, .rs2 = 1})
                   .emit(Op::kFaddD, {.rd = 1, .rs1 = 1, .rs2 = 1, .rm = 0})
                   .emit(Op::kFaddD, {.rd = 1, .rs1 = 1, .rs2 = 1, .rm = 7})
                   .emit(Op::kJal));
    const HartState& s = run();
    if (frm < 5) {
      EXPECT_EQ(s.pc, kRam + kCode + 12);
    } else {
      EXPECT_EQ(s.mcause, 2u);
      EXPECT_EQ(s.mepc, kRam + kCode + 8);
    }
  }
}
// 1/3 and -1/3 in each mode: RNE, RTZ, RDN, RUP, RMM; by the instruction and by frm.
TEST_P(FloatState, EveryRoundingModeRoundsItsWay) {
  hart_.mstatus |= mstatus::kFs;
  hart_.f[2] = 0x4008000000000000;
  constexpr uint64_t kDown = 0x3fd5555555555555, kUp = kDown + 1, kSign = 1ull << 63;
  constexpr uint64_t kPositive[] = {kDown, kDown, kDown, kUp, kDown}, kNegative[] = {kDown, kDown, kUp, kDown, kDown};
  for (unsigned mode = 0; mode < 5; ++mode) {
    for (unsigned rm : {mode, 7u}) {
      hart_.frm = rm == 7 ? static_cast<uint8_t>(mode) : 1;
      hart_.f[1] = 0x3ff0000000000000;
      EXPECT_EQ(run_one(Op::kFdivD, {.rd = 10, .rs1 = 1, .rs2 = 2, .rm = rm}).f[10], kPositive[mode]) << mode;
      hart_.f[1] |= kSign;
      EXPECT_EQ(run_one(Op::kFdivD, {.rd = 10, .rs1 = 1, .rs2 = 2, .rm = rm}).f[10], kNegative[mode] | kSign) << mode;
      // 2.5 to an integer: a tie, which RNE takes to even and RMM away from zero.
      constexpr uint64_t kRounded[] = {2, 2, 2, 3, 3};
      hart_.f[1] = 0x4004000000000000;
      EXPECT_EQ(run_one(Op::kFcvtLD, {.rd = 10, .rs1 = 1, .rm = rm}).x[10], kRounded[mode]) << mode;
    }
  }
}
TEST_P(FloatState, FcsrIsFrmAndFflags) {
  hart_.mstatus |= mstatus::kFs;
  hart_.x[6] = ~0ull;
  put(kCode, Assembler()
                 .csr(Op::kCsrrw, 0, csr::kFcsr, 6)
                 .csr(Op::kCsrrs, 10, csr::kFrm, 0)
                 .csr(Op::kCsrrs, 11, csr::kFflags, 0)
                 .csr(Op::kCsrrwi, 0, csr::kFrm, 3)
                 .csr(Op::kCsrrwi, 0, csr::kFflags, 9)
                 .csr(Op::kCsrrs, 12, csr::kFcsr, 0)
                 .emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.x[10], 7u);
  EXPECT_EQ(s.x[11], 31u);
  EXPECT_EQ(s.x[12], 3u << 5 | 9);
}

INSTANTIATE_TEST_SUITE_P(Engines, FloatState, kEveryEngine, engine_of);

}  // namespace
}  // namespace recount::test
