// F and D where their definitions leave IEEE 754's beaten track. Unprivileged, "F Extension for Single-Precision
// Floating-Point" and "D Extension for Double-Precision Floating-Point". Values and flags of every operation are
// src/hart/fpu_test.cc's (against MPFR) and tests/float_test.cc's (engine against engine).

#include "conformance/conformance.h"

namespace recount::test {
namespace {

constexpr uint64_t kBox = 0xffffffff00000000;
constexpr uint64_t kQuiet = 0x7ff8000000000000, kSignaling = 0x7ff0000000000001, kInfinity = 0x7ff0000000000000;
constexpr uint64_t kQuietS = kBox | 0x7fc00000, kSignalingS = kBox | 0x7f800001, kInfinityS = kBox | 0x7f800000;
constexpr uint64_t kOne = 0x3ff0000000000000, kOneS = kBox | 0x3f800000, kSign = 1ull << 63;
constexpr uint64_t kMinusZeroS = kBox | 0x80000000;
constexpr uint8_t kNv = 16, kDz = 8, kOf = 4, kUf = 2, kNx = 1;

class Float : public Conformance {
 protected:
  Float() { hart_.mstatus |= 1ull << 13; }  // FS is Initial

  // op f10, f1, f2, f3
  const HartState& compute(Op op, uint64_t a, uint64_t b = 0, uint64_t c = 0, unsigned rm = 7) {
    hart_.f[1] = a, hart_.f[2] = b, hart_.f[3] = c;
    return run_one(op, {.rd = 10, .rs1 = 1, .rs2 = 2, .rs3 = 3, .rm = rm});
  }
  void expect_f(Op op, uint64_t a, uint64_t b, uint64_t expected, uint8_t flags) {
    const HartState& s = compute(op, a, b);
    EXPECT_EQ(s.f[10], expected) << info_of(op).mnemonic << std::hex << " " << a << " " << b << ": " << s.f[10];
    EXPECT_EQ(s.fflags, flags) << info_of(op).mnemonic << std::hex << " " << a << " " << b;
  }
  void expect_x(Op op, uint64_t a, uint64_t b, uint64_t expected, uint8_t flags, unsigned rm = 7) {
    const HartState& s = compute(op, a, b, 0, rm);
    EXPECT_EQ(s.x[10], expected) << info_of(op).mnemonic << std::hex << " " << a << " " << b << ": " << s.x[10];
    EXPECT_EQ(s.fflags, flags) << info_of(op).mnemonic << std::hex << " " << a << " " << b;
  }
};

// "NaN Boxing of Narrower Values": results are boxed; what is not properly boxed is the canonical NaN, except to stores and
// moves.
TEST_P(Float, SinglesAreBoxedAndWhatIsNotIsNan) {
  expect_f(Op::kFaddS, kOneS, kOneS, kBox | 0x40000000, 0);
  expect_f(Op::kFaddS, 0x3f800000, kOneS, kQuietS, 0);
  expect_f(Op::kFaddS, kOne, kOneS, kQuietS, 0);
  expect_f(Op::kFsgnjS, 0x3f800000, kMinusZeroS, kBox | 0xffc00000, 0);
  expect_f(Op::kFsgnjS, kOneS, 0x80000000, kOneS, 0);
  expect_f(Op::kFminS, 0x3f800000, kOneS, kOneS, 0);
  expect_x(Op::kFeqS, 0x3f800000, kOneS, 0, 0);
  expect_x(Op::kFclassS, 0x3f800000, 0, 1 << 9, 0);
  expect_f(Op::kFcvtDS, 0x3f800000, 0, kQuiet, 0);
  expect_x(Op::kFcvtWS, 0x3f800000, 0, 0x7fffffff, kNv);
  // "FMV.X.W moves the single-precision value ... The bits are not modified"; sign-extended.
  expect_x(Op::kFmvXW, 0x1234567880000000, 0, 0xffffffff80000000, 0);
  hart_.x[5] = kRam + kData, hart_.x[1] = 0x1234567880000001;
  EXPECT_EQ(run_one(Op::kFmvWX, {.rd = 10, .rs1 = 1}).f[10], kBox | 0x80000001);
  put64(kData, 0);
  hart_.f[1] = 0x123456789abcdef0;
  run_one(Op::kFsw, {.rs1 = 5, .rs2 = 1});
  EXPECT_EQ(get64(kData), 0x9abcdef0u);
  EXPECT_EQ(run_one(Op::kFlw, {.rd = 10, .rs1 = 5}).f[10], kBox | 0x9abcdef0);
}
// "Except when otherwise stated, if the result of a floating-point operation is NaN, it is the canonical NaN."
TEST_P(Float, NansAreCanonical) {
  for (uint64_t nan : {kQuiet | 5, kQuiet | kSign, ~uint64_t{0}}) {
    expect_f(Op::kFaddD, nan, kOne, kQuiet, 0);
    expect_f(Op::kFmulD, kOne, nan, kQuiet, 0);
    expect_f(Op::kFsqrtD, nan, 0, kQuiet, 0);
  }
  expect_f(Op::kFaddD, kSignaling, kOne, kQuiet, kNv);
  expect_f(Op::kFsubD, kInfinity, kInfinity, kQuiet, kNv);
  expect_f(Op::kFdivD, 0, 0, kQuiet, kNv);
  expect_f(Op::kFdivD, kInfinity, kInfinity, kQuiet, kNv);
  expect_f(Op::kFmulD, 0, kInfinity, kQuiet, kNv);
  expect_f(Op::kFsqrtD, kOne | kSign, 0, kQuiet, kNv);
  expect_f(Op::kFsqrtD, kSign, 0, kSign, 0);
  expect_f(Op::kFcvtSD, kQuiet | 5, 0, kQuietS, 0);
  expect_f(Op::kFcvtDS, kSignalingS, 0, kQuiet, kNv);
  expect_f(Op::kFaddS, kBox | 0xffffffff, kOneS, kQuietS, 0);
}
TEST_P(Float, NanThatIsOverwrittenBySinglesLeavesThemBoxed) {
  hart_.f[2] = kQuiet;
  hart_.f[4] = kOneS;
  put(kCode, Assembler()
                 .emit(Op::kFsgnjS, {.rd = 1, .rs1 = 4, .rs2 = 4})
                 .emit(Op::kFaddD, {.rd = 1, .rs1 = 2, .rs2 = 2, .rm = 7})
                 .emit(Op::kFsgnjS, {.rd = 1, .rs1 = 4, .rs2 = 4})
                 .emit(Op::kJal));
  EXPECT_EQ(run().f[1], kOneS);
}
// "FMADD ...: The fused multiply-add instructions must set the invalid operation exception flag when the multiplicands are
// infinity and zero, even when the addend is a quiet NaN."
TEST_P(Float, InfinityTimesZeroPlusNanIsInvalid) {
  for (Op op : {Op::kFmaddD, Op::kFmsubD, Op::kFnmsubD, Op::kFnmaddD}) {
    const HartState& s = compute(op, kInfinity, 0, kQuiet);
    EXPECT_EQ(s.f[10], kQuiet);
    EXPECT_EQ(s.fflags, kNv) << info_of(op).mnemonic;
    EXPECT_EQ(compute(op, kOne, kOne, kQuiet).fflags, 0u);
  }
}
// FMADD (rs1*rs2)+rs3, FMSUB (rs1*rs2)-rs3, FNMSUB -(rs1*rs2)+rs3, FNMADD -(rs1*rs2)-rs3.
TEST_P(Float, FusedSigns) {
  constexpr uint64_t kTwo = 0x4000000000000000, kThree = 0x4008000000000000, kFive = 0x4014000000000000;
  constexpr uint64_t kSeven = 0x401c000000000000;
  EXPECT_EQ(compute(Op::kFmaddD, kTwo, kThree, kOne).f[10], kSeven);
  EXPECT_EQ(compute(Op::kFmsubD, kTwo, kThree, kOne).f[10], kFive);
  EXPECT_EQ(compute(Op::kFnmsubD, kTwo, kThree, kOne).f[10], kFive | kSign);
  EXPECT_EQ(compute(Op::kFnmaddD, kTwo, kThree, kOne).f[10], kSeven | kSign);
  // Exact zeroes: -(1*1)+1 is +0, -(1*1)-(-1) is +0; rounding down they are -0.
  EXPECT_EQ(compute(Op::kFnmsubD, kOne, kOne, kOne).f[10], 0u);
  EXPECT_EQ(compute(Op::kFnmaddD, kOne, kOne, kOne | kSign, 2).f[10], kSign);
}
// "FMIN and FMAX": -0.0 is less than +0.0; one NaN gives the other operand; two, the canonical NaN; a signaling one is invalid.
TEST_P(Float, MinimumAndMaximum) {
  expect_f(Op::kFminD, 0, kSign, kSign, 0);
  expect_f(Op::kFminD, kSign, 0, kSign, 0);
  expect_f(Op::kFmaxD, kSign, 0, 0, 0);
  expect_f(Op::kFmaxD, 0, kSign, 0, 0);
  expect_f(Op::kFminD, kQuiet | 7, kOne, kOne, 0);
  expect_f(Op::kFmaxD, kOne, kQuiet, kOne, 0);
  expect_f(Op::kFminD, kQuiet | 7, kQuiet | 9, kQuiet, 0);
  expect_f(Op::kFminD, kSignaling, kOne, kOne, kNv);
  expect_f(Op::kFmaxD, kSignaling, kQuiet, kQuiet, kNv);
  expect_f(Op::kFmaxS, kSignalingS, kOneS, kOneS, kNv);
  expect_f(Op::kFminS, kMinusZeroS, kBox, kMinusZeroS, 0);
}
// FLT and FLE "perform what IEEE 754-2008 refers to as signaling comparisons"; FEQ "performs a quiet comparison".
TEST_P(Float, Comparisons) {
  expect_x(Op::kFeqD, kOne, kOne, 1, 0);
  expect_x(Op::kFeqD, 0, kSign, 1, 0);
  expect_x(Op::kFeqD, kQuiet, kQuiet, 0, 0);
  expect_x(Op::kFeqD, kSignaling, kOne, 0, kNv);
  expect_x(Op::kFltD, kQuiet, kOne, 0, kNv);
  expect_x(Op::kFleD, kOne, kQuiet, 0, kNv);
  expect_x(Op::kFltD, kSign, 0, 0, 0);
  expect_x(Op::kFleD, 0, kSign, 1, 0);
  expect_x(Op::kFltD, kInfinity | kSign, kInfinity, 1, 0);
  expect_x(Op::kFltS, kQuietS, kOneS, 0, kNv);
  expect_x(Op::kFeqS, kOneS, kOneS, 1, 0);
}
// "Sign-injection instructions do not set floating-point exception flags, nor do they canonicalize NaNs."
TEST_P(Float, SignInjectionTouchesOnlyTheSign) {
  expect_f(Op::kFsgnjD, kSignaling, kSign, kSignaling | kSign, 0);
  expect_f(Op::kFsgnjnD, kSignaling, kSign, kSignaling, 0);
  expect_f(Op::kFsgnjxD, kQuiet | kSign | 5, kSign, kQuiet | 5, 0);
  expect_f(Op::kFsgnjS, kSignalingS, kMinusZeroS, kBox | 0xff800001, 0);
  hart_.f[2] = kOne | kSign;
  put(kCode, Assembler()
                 .emit(Op::kFsgnjD, {.rd = 1, .rs1 = 2, .rs2 = 2})
                 .emit(Op::kFsgnjD, {.rd = 3, .rs1 = 2, .rs2 = 1})
                 .emit(Op::kFsgnjnD, {.rd = 4, .rs1 = 2, .rs2 = 1})
                 .emit(Op::kFsgnjxD, {.rd = 5, .rs1 = 2, .rs2 = 1})
                 .emit(Op::kJal));
  const HartState& s = run();
  EXPECT_EQ(s.f[3], kOne | kSign);
  EXPECT_EQ(s.f[4], kOne);
  EXPECT_EQ(s.f[5], kOne);
}
// The table "Domains of float-to-integer conversions and behavior for invalid inputs"; a negative number that rounds to zero
// is none.
TEST_P(Float, ConversionsToIntegersSaturate) {
  constexpr uint64_t kBig = 0x43f0000000000000 /* 2^64 */, kMinusHalf = 0xbfe0000000000000;
  struct Row {
    Op op;
    uint64_t least, most;
  };
  for (Row r : {Row{Op::kFcvtWD, 0xffffffff80000000, 0x7fffffff}, {Op::kFcvtWuD, 0, ~0ull}, {Op::kFcvtLD, kSign, ~kSign},
                {Op::kFcvtLuD, 0, ~0ull}}) {
    expect_x(r.op, kBig, 0, r.most, kNv);
    expect_x(r.op, kInfinity, 0, r.most, kNv);
    expect_x(r.op, kQuiet, 0, r.most, kNv);
    expect_x(r.op, kQuiet | kSign, 0, r.most, kNv);
    expect_x(r.op, kBig | kSign, 0, r.least, kNv);
    expect_x(r.op, kInfinity | kSign, 0, r.least, kNv);
    expect_x(r.op, kMinusHalf, 0, 0, kNx, 1);
  }
  expect_x(Op::kFcvtWuD, kOne | kSign, 0, 0, kNv);
  expect_x(Op::kFcvtWD, kOne | kSign, 0, ~0ull, 0);
  // "FCVT.WU ... all 32-bit results are sign-extended".
  expect_x(Op::kFcvtWuD, 0x41efffffffe00000 /* 2^32 - 1 */, 0, ~0ull, 0);
  expect_x(Op::kFcvtWuS, kBox | 0x4f000000 /* 2^31 */, 0, 0xffffffff80000000, 0);
  expect_x(Op::kFcvtWS, kBox | 0x4f000000, 0, 0x7fffffff, kNv);
}
TEST_P(Float, ConversionsFromIntegersRound) {
  auto from = [&](Op op, uint64_t x, unsigned rm) {
    hart_.x[1] = x;
    return run_one(op, {.rd = 10, .rs1 = 1, .rm = rm}).f[10];
  };
  EXPECT_EQ(from(Op::kFcvtDW, 0x12345678ffffffff, 0), kOne | kSign) << "the low word only";
  EXPECT_EQ(from(Op::kFcvtDWu, 0x12345678ffffffff, 0), 0x41efffffffe00000u);
  EXPECT_EQ(from(Op::kFcvtDL, ~0ull, 0), kOne | kSign);
  EXPECT_EQ(from(Op::kFcvtDLu, ~0ull, 0), 0x43f0000000000000u);
  EXPECT_EQ(from(Op::kFcvtDLu, ~0ull, 1), 0x43efffffffffffffu);
  EXPECT_EQ(machine_->machine().hart().fflags, kNx);
  EXPECT_EQ(from(Op::kFcvtSW, 0x01000001, 0), kBox | 0x4b800000) << "a tie, to even";
  EXPECT_EQ(from(Op::kFcvtSW, 0x01000001, 3), kBox | 0x4b800001);
}
// "FCLASS": one bit of ten.
TEST_P(Float, Classes) {
  constexpr uint64_t kClasses[] = {kInfinity | kSign, kOne | kSign, 1 | kSign, kSign, 0, 1, kOne, kInfinity, kSignaling, kQuiet};
  for (unsigned n = 0; n < 10; ++n) expect_x(Op::kFclassD, kClasses[n], 0, 1ull << n, 0);
  expect_x(Op::kFclassS, kBox | 0x80000001, 0, 1 << 2, 0);
  expect_x(Op::kFclassS, kInfinityS, 0, 1 << 7, 0);
}
// "Floating-Point Control and Status Register": flags are sticky; tininess is detected after rounding.
TEST_P(Float, FlagsAccumulateAndTininessIsAfterRounding) {
  hart_.fflags = kUf;
  EXPECT_EQ(compute(Op::kFdivD, kOne, 0).fflags, kUf | kDz);
  hart_.fflags = 0;
  EXPECT_EQ(compute(Op::kFdivD, kOne, 0x4008000000000000).fflags, kNx);
  EXPECT_EQ(compute(Op::kFmulD, 0x7fefffffffffffff, 0x4000000000000000).fflags, kOf | kNx);
  EXPECT_EQ(compute(Op::kFmulD, 1, 0x3fe0000000000000).fflags, kUf | kNx);
  EXPECT_EQ(compute(Op::kFmulD, 2, 0x3fe0000000000000).fflags, 0u) << "tiny, but exact";
  // (1 - 2^-53) * 2^-1022 * (1 + 2^-52) rounds up to the least normal number: not tiny.
  const HartState& s = compute(Op::kFmulD, 0x3fefffffffffffff, 0x0010000000000001);
  EXPECT_EQ(s.f[10], 0x0010000000000000u);
  EXPECT_EQ(s.fflags, kNx);
}

INSTANTIATE_TEST_SUITE_P(Engines, Float, kEveryEngine, engine_of);

}  // namespace
}  // namespace recount::test
