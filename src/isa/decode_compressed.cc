// The C extension: each 16-bit encoding expands into a base instruction. Unprivileged spec, "'C' Extension
// for Compressed Instructions", tables of quadrants 0 to 2. Reserved encodings are illegal; HINTs are not.

#include "isa/bits.h"
#include "isa/insn.h"

namespace recount::detail {
namespace {

constexpr uint8_t kZero = 0, kRa = 1, kSp = 2;

class Half {
 public:
  explicit Half(uint16_t h) : h_(h) {}
  uint32_t bits(unsigned low, unsigned count) const { return field(h_, low, count); }
  uint8_t reg(unsigned low) const { return static_cast<uint8_t>(bits(low, 5)); }
  uint8_t popular(unsigned low) const { return static_cast<uint8_t>(8 + bits(low, 3)); }  // x8..x15
  int32_t imm6() const { return sext(bits(12, 1) << 5 | bits(2, 5), 6); }
  uint32_t shamt() const { return bits(12, 1) << 5 | bits(2, 5); }
  uint32_t word_offset() const { return bits(10, 3) << 3 | bits(6, 1) << 2 | bits(5, 1) << 6; }
  uint32_t double_offset() const { return bits(10, 3) << 3 | bits(5, 2) << 6; }
  int32_t jump_offset() const {
    return sext(bits(12, 1) << 11 | bits(11, 1) << 4 | bits(9, 2) << 8 | bits(8, 1) << 10 | bits(7, 1) << 6 |
                    bits(6, 1) << 7 | bits(3, 3) << 1 | bits(2, 1) << 5,
                12);
  }
  int32_t branch_offset() const {
    return sext(bits(12, 1) << 8 | bits(10, 2) << 3 | bits(5, 2) << 6 | bits(3, 2) << 1 | bits(2, 1) << 5, 9);
  }

 private:
  uint16_t h_;
};

Insn make(Op op, uint8_t rd, uint8_t rs1, uint8_t rs2, int64_t imm) {
  Insn insn;
  insn.op = op;
  insn.rd = rd;
  insn.rs1 = rs1;
  insn.rs2 = rs2;
  insn.imm = static_cast<int32_t>(imm);
  return insn;
}
constexpr Insn kIllegal;

Insn quadrant0(Half h) {
  uint8_t rd = h.popular(2), rs1 = h.popular(7);
  switch (h.bits(13, 3)) {
    case 0: {
      uint32_t imm = h.bits(7, 4) << 6 | h.bits(11, 2) << 4 | h.bits(5, 1) << 3 | h.bits(6, 1) << 2;
      return imm == 0 ? kIllegal : make(Op::kAddi, rd, kSp, 0, imm);
    }
    case 1:
      return make(Op::kFld, rd, rs1, 0, h.double_offset());
    case 2:
      return make(Op::kLw, rd, rs1, 0, h.word_offset());
    case 3:
      return make(Op::kLd, rd, rs1, 0, h.double_offset());
    case 5:
      return make(Op::kFsd, 0, rs1, rd, h.double_offset());
    case 6:
      return make(Op::kSw, 0, rs1, rd, h.word_offset());
    case 7:
      return make(Op::kSd, 0, rs1, rd, h.double_offset());
    default:
      return kIllegal;
  }
}

Insn quadrant1_arithmetic(Half h) {
  uint8_t rd = h.popular(7), rs2 = h.popular(2);
  switch (h.bits(10, 2)) {
    case 0:
      return make(Op::kSrli, rd, rd, 0, h.shamt());
    case 1:
      return make(Op::kSrai, rd, rd, 0, h.shamt());
    case 2:
      return make(Op::kAndi, rd, rd, 0, h.imm6());
    default:
      break;
  }
  if (h.bits(12, 1) == 0) {
    constexpr Op kOps[] = {Op::kSub, Op::kXor, Op::kOr, Op::kAnd};
    return make(kOps[h.bits(5, 2)], rd, rd, rs2, 0);
  }
  switch (h.bits(5, 2)) {
    case 0:
      return make(Op::kSubw, rd, rd, rs2, 0);
    case 1:
      return make(Op::kAddw, rd, rd, rs2, 0);
    default:
      return kIllegal;
  }
}

Insn quadrant1(Half h) {
  uint8_t rd = h.reg(7);
  switch (h.bits(13, 3)) {
    case 0:
      return make(Op::kAddi, rd, rd, 0, h.imm6());
    case 1:
      return rd == 0 ? kIllegal : make(Op::kAddiw, rd, rd, 0, h.imm6());
    case 2:
      return make(Op::kAddi, rd, kZero, 0, h.imm6());
    case 3: {
      if (rd == kSp) {
        int32_t imm = sext(h.bits(12, 1) << 9 | h.bits(3, 2) << 7 | h.bits(5, 1) << 6 | h.bits(2, 1) << 5 |
                               h.bits(6, 1) << 4,
                           10);
        return imm == 0 ? kIllegal : make(Op::kAddi, kSp, kSp, 0, imm);
      }
      int32_t imm = h.imm6();
      return imm == 0 ? kIllegal : make(Op::kLui, rd, 0, 0, int64_t{imm} * 4096);
    }
    case 4:
      return quadrant1_arithmetic(h);
    case 5:
      return make(Op::kJal, kZero, 0, 0, h.jump_offset());
    case 6:
      return make(Op::kBeq, 0, h.popular(7), kZero, h.branch_offset());
    default:
      return make(Op::kBne, 0, h.popular(7), kZero, h.branch_offset());
  }
}

Insn quadrant2_jump_move(Half h) {
  uint8_t rd = h.reg(7), rs2 = h.reg(2);
  if (h.bits(12, 1) == 0) {
    if (rs2 != 0) return make(Op::kAdd, rd, kZero, rs2, 0);
    return rd == 0 ? kIllegal : make(Op::kJalr, kZero, rd, 0, 0);
  }
  if (rs2 != 0) return make(Op::kAdd, rd, rd, rs2, 0);
  return rd == 0 ? make(Op::kEbreak, 0, 0, 0, 0) : make(Op::kJalr, kRa, rd, 0, 0);
}

Insn quadrant2(Half h) {
  uint8_t rd = h.reg(7), rs2 = h.reg(2);
  uint32_t load_word = h.bits(12, 1) << 5 | h.bits(4, 3) << 2 | h.bits(2, 2) << 6;
  uint32_t load_double = h.bits(12, 1) << 5 | h.bits(5, 2) << 3 | h.bits(2, 3) << 6;
  uint32_t store_word = h.bits(9, 4) << 2 | h.bits(7, 2) << 6;
  uint32_t store_double = h.bits(10, 3) << 3 | h.bits(7, 3) << 6;
  switch (h.bits(13, 3)) {
    case 0:
      return make(Op::kSlli, rd, rd, 0, h.shamt());
    case 1:
      return make(Op::kFld, rd, kSp, 0, load_double);
    case 2:
      return rd == 0 ? kIllegal : make(Op::kLw, rd, kSp, 0, load_word);
    case 3:
      return rd == 0 ? kIllegal : make(Op::kLd, rd, kSp, 0, load_double);
    case 4:
      return quadrant2_jump_move(h);
    case 5:
      return make(Op::kFsd, 0, kSp, rs2, store_double);
    case 6:
      return make(Op::kSw, 0, kSp, rs2, store_word);
    default:
      return make(Op::kSd, 0, kSp, rs2, store_double);
  }
}

}  // namespace

Insn decode_compressed(uint16_t half) {
  Half h(half);
  Insn insn = (half & 3) == 0 ? quadrant0(h) : (half & 3) == 1 ? quadrant1(h) : quadrant2(h);
  insn.raw = half;
  insn.length = 2;
  return insn;
}

}  // namespace recount::detail
