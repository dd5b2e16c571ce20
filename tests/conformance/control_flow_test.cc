// Jumps, branches, and loads and stores of each width. RV32I, "Control Transfer Instructions", "Load and Store Instructions".

#include "conformance/operations.h"

namespace recount::test {
namespace {

class ControlFlow : public Conformance {
 protected:
  bool branches(Op op, uint64_t a, uint64_t b) {
    hart_.x[5] = a, hart_.x[6] = b;
    put(kCode, Assembler().emit(op, {.rs1 = 5, .rs2 = 6, .imm = 8}).emit(Op::kJal).emit(Op::kJal));
    const HartState& s = run();
    EXPECT_TRUE(s.pc == kRam + kCode + 4 || s.pc == kRam + kCode + 8);
    bool taken = s.pc == kRam + kCode + 8;
    // The same with both operands known, and with one of them x0.
    Assembler constants;
    load_constant(constants, 13, a);
    load_constant(constants, 14, b);
    auto length = static_cast<int64_t>(4 * constants.words().size());
    constants.emit(op, {.rs1 = 13, .rs2 = 14, .imm = 8}).emit(Op::kJal).emit(Op::kJal);
    put(kCode, constants);
    EXPECT_EQ(run().pc, kRam + kCode + static_cast<uint64_t>(length) + (taken ? 8 : 4));
    if (b == 0) {
      put(kCode, Assembler().emit(op, {.rs1 = 5, .rs2 = 0, .imm = 8}).emit(Op::kJal).emit(Op::kJal));
      EXPECT_EQ(run().pc, kRam + kCode + (taken ? 8 : 4));
    }
    return taken;
  }
};

// "Conditional Branches": BLT and BGE compare signed, BLTU and BGEU unsigned.
TEST_P(ControlFlow, BranchesCompareTheirOperands) {
  struct Row {
    uint64_t a, b;
    bool equal, less, less_unsigned;
  };
  for (Row r : {Row{0, 0, true, false, false}, {5, 5, true, false, false}, {kOnes, 0, false, true, false},
                {0, kOnes, false, false, true}, {kLeast, kMost, false, true, false}, {kMost, kLeast, false, false, true},
                {1, 0, false, false, false}, {0x100000000, 0, false, false, false}, {0, 0x100000000, false, true, true},
                {kOnes, kOnes, true, false, false}}) {
    SCOPED_TRACE(testing::Message() << std::hex << r.a << " " << r.b);
    EXPECT_EQ(branches(Op::kBeq, r.a, r.b), r.equal);
    EXPECT_EQ(branches(Op::kBne, r.a, r.b), !r.equal);
    EXPECT_EQ(branches(Op::kBlt, r.a, r.b), r.less);
    EXPECT_EQ(branches(Op::kBge, r.a, r.b), !r.less);
    EXPECT_EQ(branches(Op::kBltu, r.a, r.b), r.less_unsigned);
    EXPECT_EQ(branches(Op::kBgeu, r.a, r.b), !r.less_unsigned);
  }
}
// Offsets "in multiples of 2", from -4096 to 4094; JAL's from -1 MiB to 1 MiB - 2.
TEST_P(ControlFlow, OffsetsReachAsFarAsTheyGo) {
  constexpr uint64_t kFar = 0x200000;
  for (int64_t offset : {-4096ll, -2ll, 2ll, 4094ll}) {
    hart_.pc = kRam + kFar;
    uint64_t to = kFar + static_cast<uint64_t>(offset);
    if (offset == -2 || offset == 2) {  // into the branch itself: what lies there is no instruction
      put(kFar, Assembler().emit(Op::kBeq, {.imm = offset}));
      EXPECT_EQ(run().mepc, kRam + to);
      continue;
    }
    put(kFar, Assembler().emit(Op::kBeq, {.imm = offset}));
    put(to, Assembler().emit(Op::kJal));
    EXPECT_EQ(run().pc, kRam + to);
  }
  for (int64_t offset : {-0x100000ll, 0xffffell, -2048ll, 2048ll}) {
    hart_.pc = kRam + kFar;
    uint64_t to = kFar + static_cast<uint64_t>(offset);
    put(kFar, Assembler().emit(Op::kJal, {.rd = 1, .imm = offset}));
    put(to, Assembler().emit(Op::kJal));
    const HartState& s = run();
    EXPECT_EQ(s.pc, kRam + to);
    EXPECT_EQ(s.x[1], kRam + kFar + 4);
  }
}
// JALR: "The target address is obtained by adding the sign-extended 12-bit I-immediate to the register rs1, then setting the
// least-significant bit of the result to zero."
TEST_P(ControlFlow, IndirectJumpClearsTheLowestBitAndReadsBeforeItLinks) {
  put(kCode + 0x100, Assembler().emit(Op::kJal));
  for (int64_t offset : {0x100ll, 0x101ll}) {
    hart_.x[5] = kRam + kCode;
    put(kCode, Assembler().emit(Op::kJalr, {.rd = 5, .rs1 = 5, .imm = offset}));
    const HartState& s = run();
    EXPECT_EQ(s.pc, kRam + kCode + 0x100);
    EXPECT_EQ(s.x[5], kRam + kCode + 4) << "rd may be rs1";
  }
}
// RV64I, "Load and Store Instructions": LW sign-extends its value, LWU zero-extends it, and so for halfwords and bytes;
// stores write "the low bits of register rs2".
TEST_P(ControlFlow, LoadsExtendAndStoresWriteTheirWidthOnly) {
  constexpr uint64_t kX = 0xf1e2d3c4b5a69788;
  struct Load {
    Op op;
    uint64_t expected;
  };
  hart_.x[5] = kRam + kData + 16;
  put64(kData, kX);
  for (Load l : {Load{Op::kLb, 0xffffffffffffff88}, {Op::kLbu, 0x88}, {Op::kLh, 0xffffffffffff9788}, {Op::kLhu, 0x9788},
                 {Op::kLw, 0xffffffffb5a69788}, {Op::kLwu, 0xb5a69788}, {Op::kLd, kX}}) {
    EXPECT_EQ(run_one(l.op, {.rd = 10, .rs1 = 5, .imm = -16}).x[10], l.expected) << info_of(l.op).mnemonic;
    EXPECT_EQ(run_one_warm(l.op, {.rd = 10, .rs1 = 5, .imm = -16}).x[10], l.expected) << info_of(l.op).mnemonic;
    EXPECT_EQ(run_one_warm(l.op, {.rd = 5, .rs1 = 5, .imm = -16}).x[5], l.expected) << "rd may be rs1";
  }
  struct Store {
    Op op;
    uint64_t left, left_by_x0;
  };
  hart_.x[6] = kX;
  for (Store s : {Store{Op::kSb, 0xffffffffffffff88, 0xffffffffffffff00}, {Op::kSh, 0xffffffffffff9788, 0xffffffffffff0000},
                  {Op::kSw, 0xffffffffb5a69788, 0xffffffff00000000}, {Op::kSd, kX, 0}}) {
    put64(kData, ~0ull);
    run_one(s.op, {.rs1 = 5, .rs2 = 6, .imm = -16});
    EXPECT_EQ(get64(kData), s.left) << info_of(s.op).mnemonic;
    put64(kData, ~0ull);
    run_one_warm(s.op, {.rs1 = 5, .rs2 = 6, .imm = -16});
    EXPECT_EQ(get64(kData), s.left) << info_of(s.op).mnemonic;
    put64(kData, ~0ull);
    run_one_warm(s.op, {.rs1 = 5, .rs2 = 0, .imm = -16});
    EXPECT_EQ(get64(kData), s.left_by_x0) << info_of(s.op).mnemonic;
  }
}
// Effective addresses wrap around: "Overflows are ignored".
TEST_P(ControlFlow, AddressesWrapAround) {
  hart_.x[5] = kRam + kData + 2048;
  put64(kData, 7), put64(kData + 2048 + 2040, 8);
  EXPECT_EQ(run_one(Op::kLd, {.rd = 10, .rs1 = 5, .imm = -2048}).x[10], 7u);
  EXPECT_EQ(run_one(Op::kLd, {.rd = 10, .rs1 = 5, .imm = 2040}).x[10], 8u);
  hart_.x[5] = kOnes;
  EXPECT_EQ(cause_of(Op::kLd, {.rd = 10, .rs1 = 5, .imm = 1}), 5u);
  EXPECT_EQ(machine_->machine().hart().mtval, 0u);
}

INSTANTIATE_TEST_SUITE_P(Engines, ControlFlow, kEveryEngine, engine_of);

}  // namespace
}  // namespace recount::test
