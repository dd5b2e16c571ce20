// AMOs. Unprivileged, "Zaamo Extension for Atomic Memory Operations": they "atomically load a data value from the address in
// rs1, place the value into register rd, apply a binary operator to the loaded value and the original value in rs2, then
// store the result back".

#include "conformance/conformance.h"

namespace recount::test {
namespace {

class Atomics : public Conformance {
 protected:
  Atomics() { hart_.x[5] = kRam + kData; }
};

struct Row {
  Op op;
  uint64_t memory, operand, left;
};
constexpr uint64_t kMinus = ~0ull, kLow = 1ull << 63, kHigh = ~(1ull << 63);

TEST_P(Atomics, DoublewordsAreCombined) {
  for (Row r : {Row{Op::kAmoswapD, 1, 2, 2},
                {Op::kAmoaddD, kMinus, 2, 1},
                {Op::kAmoxorD, 0xff00ff00ff00ff00, 0x0ff00ff00ff00ff0, 0xf0f0f0f0f0f0f0f0},
                {Op::kAmoandD, 0xff00ff00ff00ff00, 0x0ff00ff00ff00ff0, 0x0f000f000f000f00},
                {Op::kAmoorD, 0xff00ff00ff00ff00, 0x0ff00ff00ff00ff0, 0xfff0fff0fff0fff0},
                {Op::kAmominD, kLow, kHigh, kLow},
                {Op::kAmominD, 1, kMinus, kMinus},
                {Op::kAmomaxD, kLow, kHigh, kHigh},
                {Op::kAmomaxD, 1, kMinus, 1},
                {Op::kAmominuD, kLow, kHigh, kHigh},
                {Op::kAmominuD, 1, kMinus, 1},
                {Op::kAmomaxuD, kLow, kHigh, kLow},
                {Op::kAmomaxuD, 1, kMinus, kMinus}}) {
    hart_.x[6] = r.operand;
    for (bool warm : {false, true}) {
      put64(kData, r.memory);
      Fields fields{.rd = 10, .rs1 = 5, .rs2 = 6};
      const HartState& s = warm ? run_one_warm(r.op, fields) : run_one(r.op, fields);
      EXPECT_EQ(s.x[10], r.memory) << info_of(r.op).mnemonic;
      EXPECT_EQ(get64(kData), r.left) << info_of(r.op).mnemonic;
    }
  }
}
// "For RV64, 32-bit AMOs always sign-extend the value placed in rd, and ignore the upper 32 bits of the original value of rs2."
TEST_P(Atomics, WordsIgnoreTheUpperHalfOfTheirOperand) {
  for (Row r : {Row{Op::kAmoswapW, 1, 2, 2},
                {Op::kAmoaddW, 0xffffffff, 2, 1},
                {Op::kAmoxorW, 0xff00ff00, 0x0ff00ff0, 0xf0f0f0f0},
                {Op::kAmoandW, 0xff00ff00, 0x0ff00ff0, 0x0f000f00},
                {Op::kAmoorW, 0xff00ff00, 0x0ff00ff0, 0xfff0fff0},
                {Op::kAmominW, 0x80000000, 0x7fffffff, 0x80000000},
                {Op::kAmominW, 1, 0xffffffff, 0xffffffff},
                {Op::kAmomaxW, 0x80000000, 0x7fffffff, 0x7fffffff},
                {Op::kAmomaxW, 1, 0xffffffff, 1},
                {Op::kAmominuW, 0x80000000, 0x7fffffff, 0x7fffffff},
                {Op::kAmominuW, 1, 0xffffffff, 1},
                {Op::kAmomaxuW, 0x80000000, 0x7fffffff, 0x80000000},
                {Op::kAmomaxuW, 1, 0xffffffff, 0xffffffff}}) {
    constexpr uint64_t kBeside = 0x5a5a5a5a00000000;
    for (uint64_t upper : {0ull, 0xffffffff00000000ull, 0x7fffffff00000000ull, 1ull << 32}) {
      put64(kData, kBeside | r.memory);
      hart_.x[6] = upper | r.operand;
      Fields fields{.rd = 10, .rs1 = 5, .rs2 = 6};
      const HartState& s = upper == 0 ? run_one(r.op, fields) : run_one_warm(r.op, fields);
      uint64_t extended = r.memory | (r.memory >> 31 != 0 ? 0xffffffff00000000 : 0);
      EXPECT_EQ(s.x[10], extended) << info_of(r.op).mnemonic;
      EXPECT_EQ(get64(kData), kBeside | r.left) << info_of(r.op).mnemonic;
    }
  }
}
// rd may be any of the operands, or x0.
TEST_P(Atomics, OperandsMayBeTheDestination) {
  put64(kData, 7);
  EXPECT_EQ(run_one(Op::kAmoaddD, {.rd = 5, .rs1 = 5, .rs2 = 5}).x[5], 7u);
  EXPECT_EQ(get64(kData), kRam + kData + 7);
  EXPECT_EQ(run_one_warm(Op::kAmoaddD, {.rd = 5, .rs1 = 5, .rs2 = 5}).x[5], kRam + kData + 7);
  EXPECT_EQ(get64(kData), 2 * (kRam + kData) + 7);
  put64(kData, 7);
  hart_.x[6] = 2;
  EXPECT_EQ(run_one(Op::kAmoaddD, {.rd = 6, .rs1 = 5, .rs2 = 6}).x[6], 7u);
  EXPECT_EQ(run_one(Op::kAmoaddD, {.rd = 0, .rs1 = 5, .rs2 = 6}).x[0], 0u);
  EXPECT_EQ(get64(kData), 11u);
}
// "The Zaamo extension requires that the address held in rs1 be naturally aligned": "an address-misaligned exception or an
// access-fault".
TEST_P(Atomics, MisalignedOnesAreStoreAddressMisaligned) {
  hart_.x[5] = kRam + kData + 4;
  EXPECT_EQ(cause_of(Op::kAmoaddD, {.rd = 6, .rs1 = 5, .rs2 = 5}), 6u);
  EXPECT_EQ(machine_->machine().hart().mtval, kRam + kData + 4);
  EXPECT_EQ(cause_of(Op::kAmoaddW, {.rd = 6, .rs1 = 5, .rs2 = 5}), 0u);
  hart_.x[5] = kRam + kData + 2;
  EXPECT_EQ(cause_of(Op::kAmoaddW, {.rd = 6, .rs1 = 5, .rs2 = 5}), 6u);
}
// Machine-Level ISA, "AMO PMA": devices are AMONone. "Machine Cause (mcause) Register": AMOs raise store faults, never load
// faults.
TEST_P(Atomics, FaultsAreStoreFaults) {
  hart_.x[5] = raw(board::kAclint);
  EXPECT_EQ(cause_of(Op::kAmoorW, {.rd = 6, .rs1 = 5, .rs2 = 0}), 7u);
  page_tables(kKernelPage & ~pte::kW);
  hart_.x[5] = kDataPage;
  EXPECT_EQ(cause_of(Op::kAmoorW, {.rd = 6, .rs1 = 5, .rs2 = 0}), 15u);
  page_tables(0);
  EXPECT_EQ(cause_of(Op::kAmoorW, {.rd = 6, .rs1 = 5, .rs2 = 0}), 15u);
}

// What a slow path writes to a register that is overwritten at once: a block must not take it for what was there before.
TEST_P(Atomics, ResultThatIsOverwrittenSpoilsNoCopyOfTheOldValue) {
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

INSTANTIATE_TEST_SUITE_P(Engines, Atomics, kEveryEngine, engine_of);

}  // namespace
}  // namespace recount::test
