#pragma once
// Operations on registers, as tables: what the specification's definition makes of the operands, worked out by hand. Each
// row is run with its operands in every place that an engine may treat by itself: registers of their own, the destination's,
// and constants.

#include <span>

#include "conformance/conformance.h"

namespace recount::test {

struct Operation {
  Op op;
  uint64_t a, b;  // b is the immediate of an instruction that has one; no instruction of one operand looks at it
  uint64_t expected;
};

inline constexpr uint64_t kOnes = ~0ull;              // -1
inline constexpr uint64_t kMost = ~0ull >> 1;         // the largest signed doubleword
inline constexpr uint64_t kLeast = 1ull << 63;        // the smallest
inline constexpr uint64_t kMost32 = 0x7fffffff;
inline constexpr uint64_t kLeast32 = 0xffffffff80000000;  // sign-extended

// rd gets the value, by the shortest sequence of lui, addi and slli.
inline void load_constant(Assembler& a, unsigned rd, uint64_t value) {
  auto v = static_cast<int64_t>(value);
  int64_t low = (v & 0xfff) - ((v & 0x800) << 1);
  if (v == low) {
    a.emit(Op::kAddi, {.rd = rd, .imm = low});
  } else if (v == static_cast<int32_t>(v)) {
    a.emit(Op::kLui, {.rd = rd, .imm = v - low}).emit(Op::kAddiw, {.rd = rd, .rs1 = rd, .imm = low});
  } else {
    load_constant(a, rd, static_cast<uint64_t>(static_cast<int64_t>(value - static_cast<uint64_t>(low)) >> 12));
    a.emit(Op::kSlli, {.rd = rd, .rs1 = rd, .imm = 12}).emit(Op::kAddi, {.rd = rd, .rs1 = rd, .imm = low});
  }
}

class Operations : public Conformance {
 protected:
  void expect(std::initializer_list<Operation> rows) {
    for (const Operation& row : rows) expect(row);
  }
  void expect(const Operation& row) {
    constexpr unsigned kA = 5, kB = 6, kConstantA = 13, kConstantB = 14;
    Format format = info_of(row.op).format;
    bool two_registers = format == Format::kR;
    int64_t imm = two_registers || format == Format::kUnary ? 0 : static_cast<int64_t>(row.b);
    Assembler a;
    std::vector<unsigned> results;
    auto operation = [&](unsigned rd, unsigned rs1, unsigned rs2) {
      a.emit(row.op, {.rd = rd, .rs1 = rs1, .rs2 = rs2, .imm = imm});
      results.push_back(rd);
    };
    operation(10, kA, kB);
    a.emit(Op::kAddi, {.rd = 11, .rs1 = kA});
    operation(11, 11, kB);
    load_constant(a, kConstantA, row.a);
    operation(16, kConstantA, kB);
    if (two_registers) {
      a.emit(Op::kAddi, {.rd = 12, .rs1 = kB});
      operation(12, kA, 12);
      load_constant(a, kConstantB, row.b);
      operation(17, kA, kConstantB);
      operation(18, kConstantA, kConstantB);
      if (row.a == row.b) operation(19, kA, kA);
    }
    a.emit(row.op, {.rd = 0, .rs1 = kA, .rs2 = kB, .imm = imm}).emit(Op::kJal);
    put(kCode, a);
    hart_.x[kA] = row.a, hart_.x[kB] = row.b;
    const HartState& s = run();
    SCOPED_TRACE(info_of(row.op).mnemonic);
    for (unsigned rd : results) EXPECT_EQ(s.x[rd], row.expected) << std::hex << row.a << ", " << row.b << ": x" << std::dec << rd;
    EXPECT_EQ(s.x[0], 0u);
    EXPECT_EQ(s.x[kA], row.a);
    EXPECT_EQ(s.x[kB], row.b);
  }
};

}  // namespace recount::test
