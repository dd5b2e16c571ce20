// Floating point as an engine does it: each instruction against MPFR, and whole programs against the reference engine.
// Results, flags and FS to the bit. The functions below the instructions: hart/fpu_test.cc.

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "isa/csr.h"
#include "machine/board.h"
#include "support/assembler.h"
#include "support/float_oracle.h"
#include "support/seed.h"
#include "support/test_machine.h"

namespace recount::test {
namespace {

constexpr uint64_t kRam = raw(board::kRam);
constexpr uint64_t kHandler = 0x1000, kCode = 0x8000, kOperands = 0x10000, kResults = 0x40000, kResultsEnd = 0x60000;
constexpr unsigned kDynamic = 7;
constexpr uint64_t kBox = 0xffffffff00000000;

std::unique_ptr<TestMachine> make_machine(EngineKind engine) {
  MachineConfig config;
  config.ram_bytes = 16 << 20;
  config.engine = engine;
  config.jit.hot_after = 1;
  return std::make_unique<TestMachine>(config, BootImages{});
}

// The engine and the oracle, doing the same.
struct Pair {
  explicit Pair(EngineKind engine) : tested(make_machine(engine)), oracle(make_machine(EngineKind::kReference)) {}

  void write(uint64_t offset, const Bytes& bytes) {
    for (auto* m : {&tested, &oracle}) (*m)->machine().ram().write(board::kRam + offset, bytes);
  }
  void start(const HartState& hart) {
    for (auto* m : {&tested, &oracle}) (*m)->set_hart(hart);
  }
  void run(uint64_t steps) {
    for (auto* m : {&tested, &oracle}) (*m)->run_until((*m)->machine().at() + steps);
  }
  uint64_t result(TestMachine& m, uint64_t offset) const {
    return load_le<uint64_t>(m.machine().ram().host(board::kRam + offset));
  }

  std::unique_ptr<TestMachine> tested, oracle;
};

// Values at and around where something changes: of the formats, and of the integers they convert to.
class Operands {
 public:
  explicit Operands(Random& random) : random_(random) {}

  uint64_t wide() {
    switch (below(random_, 10)) {
      case 0: return special<uint64_t>(52, 11);
      case 1: return nudged(std::bit_cast<uint64_t>(near_integer()));
      case 2:
      case 3: return near_exponent<uint64_t>(52, 11);
      case 4: return nudged(std::bit_cast<uint64_t>(static_cast<double>(static_cast<float>(near_integer()))));
      case 5: return (random_() & ~(0x7ffull << 52)) | (1023 - 150 + below(random_, 300)) << 52;
      case 6: return nudged(last_wide_);
      case 7: return last_wide_ ^ 1ull << 63;
      default: return random_();
    }
  }
  uint32_t narrow() {
    switch (below(random_, 9)) {
      case 0: return special<uint32_t>(23, 8);
      case 1: return nudged(std::bit_cast<uint32_t>(static_cast<float>(near_integer())));
      case 2:
      case 3: return near_exponent<uint32_t>(23, 8);
      case 4: return nudged(last_narrow_);
      case 5: return last_narrow_ ^ 1u << 31;
      default: return static_cast<uint32_t>(random_());
    }
  }
  // For a register: a double, or a single that is boxed, mostly.
  uint64_t any(bool single) {
    if (!single) return last_wide_ = wide();
    last_narrow_ = narrow();
    return (chance(random_, 95) ? kBox : random_() << 32) | last_narrow_;
  }
  uint64_t integer() {
    uint64_t edge = uint64_t{1} << below(random_, 64);
    switch (below(random_, 4)) {
      case 0: return edge + below(random_, 5) - 2;
      case 1: return 0 - edge + below(random_, 5) - 2;
      case 2: return random_() >> below(random_, 64);
      default: return random_();
    }
  }

 private:
  template <class T>
  T special(unsigned fraction_bits, unsigned exponent_bits) {
    T sign = static_cast<T>(below(random_, 2) << (fraction_bits + exponent_bits));
    T infinity = static_cast<T>(((T{1} << exponent_bits) - 1) << fraction_bits);
    T quiet = static_cast<T>(T{1} << (fraction_bits - 1));
    const T kinds[] = {0, 1, infinity, static_cast<T>(infinity | quiet), static_cast<T>(infinity | 1),
                       static_cast<T>(infinity | (static_cast<T>(random_()) & (quiet - 1)) | 2)};
    return sign | kinds[below(random_, std::size(kinds))];
  }
  template <class T>
  T near_exponent(unsigned fraction_bits, unsigned exponent_bits) {
    uint64_t last = (1ull << exponent_bits) - 1, bias = last / 2;
    const uint64_t centres[] = {0, last - 4, bias, bias / 2, bias + bias / 2};
    uint64_t exponent = centres[below(random_, std::size(centres))] + below(random_, 4);
    uint64_t fraction = chance(random_, 30) ? 0 - below(random_, 2) : random_();
    fraction &= (1ull << fraction_bits) - 1;
    return static_cast<T>(below(random_, 2) << (fraction_bits + exponent_bits) | exponent << fraction_bits | fraction);
  }
  double near_integer() {
    double edge = std::ldexp(1.0, static_cast<int>(below(random_, 66)));
    const double offsets[] = {0, 0.25, 0.5, 0.75, 1, 1.5, -0.25, -0.5, -0.75, -1, -1.5};
    double value = edge + offsets[below(random_, std::size(offsets))];
    return chance(random_, 50) ? value : -value;
  }
  template <class T>
  T nudged(T v) {
    return static_cast<T>(v + below(random_, 3) - 1);
  }

  Random& random_;
  uint64_t last_wide_ = 0;
  uint32_t last_narrow_ = 0;
};

bool computes(Format format) {
  switch (format) {
    case Format::kFp4:
    case Format::kFpRm:
    case Format::kFpUnary:
    case Format::kFpBinary:
    case Format::kFpCompare:
    case Format::kFpToX:
    case Format::kFpFromX:
    case Format::kFpMoveToX:
    case Format::kFpMoveFromX: return true;
    default: return false;
  }
}
bool rounds(Format format) {
  return format == Format::kFp4 || format == Format::kFpRm || format == Format::kFpUnary || format == Format::kFpToX ||
         format == Format::kFpFromX;
}
bool gives_x(Format format) {
  return format == Format::kFpCompare || format == Format::kFpToX || format == Format::kFpMoveToX;
}
bool takes_singles(Op op) {
  std::string_view mnemonic = info_of(op).mnemonic;
  return mnemonic.ends_with(".s") || mnemonic.ends_with(".x.w");
}

std::vector<Op> all_computing() {
  std::vector<Op> ops;
  for (size_t op = 1; op < static_cast<size_t>(Op::kCount); ++op) {
    if (computes(info_of(static_cast<Op>(op)).format)) ops.push_back(static_cast<Op>(op));
  }
  return ops;
}

HartState hart_at(uint64_t pc, uint64_t fs, uint8_t frm) {
  HartState hart;
  hart.pc = pc;
  hart.mtvec = kRam + kHandler;
  hart.mstatus |= fs << std::countr_zero(mstatus::kFs);
  hart.frm = frm;
  return hart;
}

class Float : public testing::TestWithParam<EngineKind> {};

// For each operation and each way to round, a loop that does it to one set of operands after another, and stores the
// result and the flags.
TEST_P(Float, EveryInstructionGivesMpfrsBitsAndFlags) {
  constexpr unsigned kSets = 500, kStepsASet = 12;
  constexpr unsigned kRoundings[] = {0, 1, 2, 3, 4, kDynamic, kDynamic, kDynamic, kDynamic, kDynamic};
  uint64_t seed = first_seed();
  Random random(seed);
  Operands operands(random);
  Pair pair(GetParam());
  pair.write(kHandler, Assembler().emit(Op::kJal).bytes());
  uint64_t done = 0;
  for (Op op : all_computing()) {
    Format format = info_of(op).format;
    uint8_t dynamic = 0;
    for (unsigned rm : kRoundings) {
      if (!rounds(format) && rm != kDynamic) continue;
      uint8_t frm = rm == kDynamic ? dynamic++ : static_cast<uint8_t>(below(random, 4));
      unsigned rd = 11, rs1 = format == Format::kFpFromX || format == Format::kFpMoveFromX ? 10 : 1;
      Assembler a;
      for (unsigned f = 1; f <= 3; ++f) a.emit(Op::kFld, {.rd = f, .rs1 = 5, .imm = 8 * static_cast<int>(f)});
      a.emit(Op::kLd, {.rd = 10, .rs1 = 5});
      a.emit(op, {.rd = rd, .rs1 = rs1, .rs2 = 2, .rs3 = 3, .rm = rm});
      a.csr(Op::kCsrrwi, 12, csr::kFflags, 0);
      a.emit(gives_x(format) ? Op::kSd : Op::kFsd, {.rs1 = 6, .rs2 = rd}).emit(Op::kSd, {.rs1 = 6, .rs2 = 12, .imm = 8});
      a.emit(Op::kAddi, {.rd = 5, .rs1 = 5, .imm = 32}).emit(Op::kAddi, {.rd = 6, .rs1 = 6, .imm = 16});
      a.emit(Op::kAddi, {.rd = 7, .rs1 = 7, .imm = -1});
      a.emit(Op::kBne, {.rs1 = 7, .rs2 = 0, .imm = -4 * static_cast<int64_t>(a.words().size())});
      ASSERT_EQ(a.words().size(), kStepsASet);
      a.emit(Op::kJal);
      Bytes data;
      ByteWriter w(data);
      for (unsigned n = 0; n < kSets; ++n) {
        w.fixed(operands.integer());
        for (unsigned f = 1; f <= 3; ++f) w.fixed(operands.any(takes_singles(op)));
      }
      pair.write(kCode, a.bytes());
      pair.write(kOperands, data);
      HartState hart = hart_at(kRam + kCode, below(random, 3) + 1, frm);
      hart.x[5] = kRam + kOperands;
      hart.x[6] = kRam + kResults;
      hart.x[7] = kSets;
      pair.start(hart);
      pair.run(kSets * kStepsASet);
      for (unsigned n = 0; n < kSets; ++n) {
        auto operand = [&](unsigned i) { return load_le<uint64_t>(&data[32 * n + 8 * i]); };
        FloatResult right = float_result(op, rm == kDynamic ? frm : rm, operand(0), {operand(1), operand(2), operand(3)});
        for (auto* machine : {&pair.tested, &pair.oracle}) {
          uint64_t at = kResults + 16 * n, bits = pair.result(**machine, at), flags = pair.result(**machine, at + 8);
          if (bits == right.bits && flags == right.flags) continue;
          EngineKind engine = machine == &pair.oracle ? EngineKind::kReference : GetParam();
          ADD_FAILURE() << "RECOUNT_TEST_SEED=" << seed << ": " << engine_name(engine) << ": " << info_of(op).mnemonic << ", rm "
                        << rm << ", frm " << int{frm} << std::hex << ", of 0x" << operand(0) << " 0x" << operand(1) << " 0x"
                        << operand(2) << " 0x" << operand(3) << ": 0x" << bits << " (flags 0x" << flags << "), not 0x" << right.bits
                        << " (flags 0x" << int{right.flags} << ")";
          return;
        }
      }
      ASSERT_EQ(difference(*pair.tested, *pair.oracle), "") << info_of(op).mnemonic;
      done += kSets;
    }
  }
  std::printf("%" PRIu64 " instructions compared\n", done);
}

// Programs that are nothing but floating point: values that live long, more of them than registers, flags that gather,
// registers of one width read in the other, and now and then a switch of the mode or of FS.
class DenseProgram {
 public:
  explicit DenseProgram(Random& random) : random_(random), few_(chance(random, 50)), inline_(chance(random, 50)) {}

  Bytes make() {
    uint64_t length = 10 + below(random_, 110);
    while (code_.words().size() < length) one();
    code_.emit(Op::kAddi, {.rd = 6, .rs1 = 6, .imm = -1});
    code_.emit(Op::kBne, {.rs1 = 6, .rs2 = 0, .imm = -4 * static_cast<int64_t>(code_.words().size())});
    code_.emit(Op::kJal);
    return code_.bytes();
  }

 private:
  unsigned f() { return static_cast<unsigned>(below(random_, few_ ? 6 : 32)); }
  // Not the pointer to the data (5) nor the loop's count (6).
  unsigned x() { return chance(random_, 8) ? 0 : 10 + static_cast<unsigned>(below(random_, 22)); }
  int64_t offset() {
    auto at = static_cast<int64_t>(below(random_, 32) * 8) - 128;
    return chance(random_, 90) ? at : at + static_cast<int64_t>(below(random_, 8));
  }

  void one() {
    uint64_t kind = below(random_, 100);
    if (kind < 12) {
      code_.emit(chance(random_, 60) ? Op::kFld : Op::kFlw, {.rd = f(), .rs1 = 5, .imm = offset()});
    } else if (kind < 22) {
      code_.emit(chance(random_, 60) ? Op::kFsd : Op::kFsw, {.rs1 = 5, .rs2 = f(), .imm = offset()});
    } else if (kind < 25) {
      code_.emit(Op::kLd, {.rd = x(), .rs1 = 5, .imm = offset()});
    } else if (kind < 28) {
      code_.emit(Op::kAdd, {.rd = x(), .rs1 = x(), .rs2 = x()});
    } else if (kind < 30) {
      code_.emit(Op::kBeq, {.rs1 = x(), .rs2 = x(), .imm = 8});
    } else if (kind < 34 && inline_) {
      return;
    } else if (kind < 33) {
      constexpr unsigned kNumbers[] = {csr::kFflags, csr::kFrm, csr::kFcsr};
      constexpr Op kOps[] = {Op::kCsrrw, Op::kCsrrs, Op::kCsrrc, Op::kCsrrwi, Op::kCsrrsi, Op::kCsrrci};
      unsigned number = kNumbers[below(random_, 3)];
      if (chance(random_, 60)) return static_cast<void>(code_.csr(Op::kCsrrs, x(), csr::kFcsr, 0));
      code_.csr(number == csr::kFrm ? Op::kCsrrwi : kOps[below(random_, 6)], x(), number,
                number == csr::kFrm ? static_cast<unsigned>(below(random_, chance(random_, 80) ? 4 : 8)) : x());
    } else if (kind < 34) {
      // x7 has the bits of FS, or one of them.
      code_.csr(chance(random_, 50) ? Op::kCsrrc : Op::kCsrrs, x(), csr::kMstatus, 7);
    } else if (kind < 42) {
      // Copies: values that are in several registers.
      unsigned from = f();
      code_.emit(chance(random_, 50) ? Op::kFsgnjD : Op::kFsgnjS, {.rd = f(), .rs1 = from, .rs2 = from});
    } else {
      arithmetic();
    }
  }

  void arithmetic() {
    static const std::vector<Op> kOps = all_computing();
    Op op = kOps[below(random_, kOps.size())];
    Format format = info_of(op).format;
    if (inline_ && rarely_translated(op)) return;
    bool from_x = format == Format::kFpFromX || format == Format::kFpMoveFromX;
    code_.emit(op, {.rd = gives_x(format) ? x() : f(), .rs1 = from_x ? x() : f(), .rs2 = f(), .rs3 = f(),
                    .rm = inline_ || chance(random_, 85) ? kDynamic : static_cast<unsigned>(below(random_, 8))});
  }

  // Behind what an engine leaves to its interpreter it may know no value any more.
  static bool rarely_translated(Op op) {
    std::string_view mnemonic = info_of(op).mnemonic;
    return mnemonic.starts_with("fclass") || mnemonic.starts_with("fcvt.wu") || mnemonic.starts_with("fcvt.lu");
  }

  Random& random_;
  bool few_;     // registers
  bool inline_;  // only what is translated
  Assembler code_;
};

TEST_P(Float, DenseProgramsDoTheSame) {
  constexpr unsigned kRounds = 30;
  uint64_t seed = first_seed();
  Pair pair(GetParam());
  // Switches floating point on, lets frm be something, and goes on: behind an illegal instruction when it was on.
  constexpr unsigned t0 = 28;
  Assembler handler;
  handler.csr(Op::kCsrrs, t0, csr::kMstatus, 0).emit(Op::kSrli, {.rd = t0, .rs1 = t0, .imm = 13});
  handler.emit(Op::kAndi, {.rd = t0, .rs1 = t0, .imm = 3}).emit(Op::kBeq, {.rs1 = t0, .rs2 = 0, .imm = 5 * 4});
  handler.csr(Op::kCsrrwi, 0, csr::kFrm, 3).csr(Op::kCsrrs, t0, csr::kMepc, 0);
  handler.emit(Op::kAddi, {.rd = t0, .rs1 = t0, .imm = 4}).csr(Op::kCsrrw, 0, csr::kMepc, t0);
  handler.emit(Op::kLui, {.rd = t0, .imm = 0x2000}).csr(Op::kCsrrs, 0, csr::kMstatus, t0).emit(Op::kMret);
  pair.write(kHandler, handler.bytes());
  uint64_t programs = 0;
  for (Deadline deadline(6); !deadline.over(); ++seed, ++programs) {
    Random random(seed);
    Operands operands(random);
    pair.write(kCode, DenseProgram(random).make());
    Bytes data;
    ByteWriter w(data);
    for (unsigned n = 0; n < 64; ++n) w.fixed(operands.any(chance(random, 50)));
    pair.write(kOperands, data);
    HartState hart = hart_at(kRam + kCode, below(random, 4), static_cast<uint8_t>(below(random, chance(random, 90) ? 4 : 8)));
    hart.mstatus |= mstatus::kMpp;
    for (unsigned f = 0; f < 32; ++f) hart.f[f] = operands.any(chance(random, 50));
    for (unsigned x = 10; x < 32; ++x) hart.x[x] = operands.integer();
    hart.x[5] = kRam + kOperands + 256;
    hart.x[6] = kRounds;
    hart.x[7] = chance(random, 50) ? mstatus::kFs : 1ull << 13;
    pair.start(hart);
    for (unsigned part = 0; part < 4; ++part) {
      pair.run(1 + below(random, 1500));
      if (pair.tested->state_digest() == pair.oracle->state_digest() && pair.tested->digest() == pair.oracle->digest()) continue;
      ADD_FAILURE() << "RECOUNT_TEST_SEED=" << seed << ", part " << part << "\n" << difference(*pair.tested, *pair.oracle);
      return;
    }
  }
  std::printf("%" PRIu64 " programs, %" PRIu64 " steps\n", programs, raw(pair.tested->machine().at()));
}

INSTANTIATE_TEST_SUITE_P(Engines, Float, testing::Values(EngineKind::kInterp, EngineKind::kJit),
                         [](const auto& engine) { return std::string(engine_name(engine.param)); });

}  // namespace
}  // namespace recount::test
