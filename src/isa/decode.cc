// From a 32-bit word to its row of the table, and the row's format to operands.

#include <array>
#include <cstddef>
#include <iterator>

#include "isa/bits.h"
#include "isa/insn.h"

namespace recount {
namespace {

constexpr InsnInfo kInfo[] = {
    {"illegal", 0, 0, Format::kNone, ""},
#define INSN(id, mnemonic, match, mask, format, extension) \
  {mnemonic, match, mask, Format::k##format, #extension},
#include "isa/rv64.inc"
#undef INSN
};

using detail::field;
using detail::sext;

// Candidates by opcode and funct3, so that few rows are compared.
constexpr uint32_t bucket_of(uint32_t w) { return field(w, 2, 5) << 3 | field(w, 12, 3); }
constexpr size_t kBucketCount = 256;

constexpr bool belongs(const InsnInfo& info, uint32_t bucket) {
  return ((bucket_of(info.match) ^ bucket) & bucket_of(info.mask)) == 0;
}

consteval size_t count_candidates() {
  size_t count = 0;
  for (size_t op = 1; op < std::size(kInfo); ++op) {
    for (uint32_t bucket = 0; bucket < kBucketCount; ++bucket) count += belongs(kInfo[op], bucket);
  }
  return count;
}

struct Buckets {
  std::array<uint16_t, kBucketCount + 1> begin{};  // bucket b: candidates [begin[b], begin[b + 1])
  std::array<Op, count_candidates()> candidates{};
};

consteval Buckets make_buckets() {
  Buckets b;
  uint16_t end = 0;
  for (uint32_t bucket = 0; bucket < kBucketCount; ++bucket) {
    for (size_t op = 1; op < std::size(kInfo); ++op) {
      if (belongs(kInfo[op], bucket)) b.candidates[end++] = static_cast<Op>(op);
    }
    b.begin[bucket + 1] = end;
  }
  return b;
}
constexpr Buckets kBuckets = make_buckets();

Op find(uint32_t w) {
  uint32_t bucket = bucket_of(w);
  for (size_t i = kBuckets.begin[bucket]; i < kBuckets.begin[bucket + 1]; ++i) {
    const InsnInfo& info = info_of(kBuckets.candidates[i]);
    if ((w & info.mask) == info.match) return kBuckets.candidates[i];
  }
  return Op::kIllegal;
}

constexpr int32_t immediate_i(uint32_t w) { return sext(w >> 20, 12); }
constexpr int32_t immediate_s(uint32_t w) { return sext(field(w, 25, 7) << 5 | field(w, 7, 5), 12); }
constexpr int32_t immediate_b(uint32_t w) {
  return sext(field(w, 31, 1) << 12 | field(w, 7, 1) << 11 | field(w, 25, 6) << 5 | field(w, 8, 4) << 1, 13);
}
constexpr int32_t immediate_j(uint32_t w) {
  return sext(field(w, 31, 1) << 20 | field(w, 12, 8) << 12 | field(w, 20, 1) << 11 | field(w, 21, 10) << 1,
              21);
}

// Takes what the format has from the word and leaves the rest zero.
class Operands {
 public:
  Operands(Insn& insn, uint32_t w) : insn_(insn), w_(w) {}
  Operands& rd() { return set(insn_.rd, 7, 5); }
  Operands& rs1() { return set(insn_.rs1, 15, 5); }
  Operands& rs2() { return set(insn_.rs2, 20, 5); }
  Operands& rs3() { return set(insn_.rs3, 27, 5); }
  Operands& rounding() { return set(insn_.rm, 12, 3); }
  Operands& ordering() { return set(insn_.rm, 25, 2); }
  Operands& imm(int32_t v) {
    insn_.imm = v;
    return *this;
  }

 private:
  Operands& set(uint8_t& to, unsigned low, unsigned bits) {
    to = static_cast<uint8_t>(field(w_, low, bits));
    return *this;
  }
  Insn& insn_;
  uint32_t w_;
};

void take_operands(Insn& insn, Format format, uint32_t w) {
  Operands take(insn, w);
  switch (format) {
    case Format::kNone:
    case Format::kFence:
      break;  // every fence is treated as the strongest
    case Format::kU:
      take.rd().imm(static_cast<int32_t>(w & 0xfffff000));
      break;
    case Format::kJ:
      take.rd().imm(immediate_j(w));
      break;
    case Format::kI:
    case Format::kLoad:
    case Format::kFpLoad:
      take.rd().rs1().imm(immediate_i(w));
      break;
    case Format::kS:
    case Format::kFpStore:
      take.rs1().rs2().imm(immediate_s(w));
      break;
    case Format::kB:
      take.rs1().rs2().imm(immediate_b(w));
      break;
    case Format::kShift:
      take.rd().rs1().imm(static_cast<int32_t>(field(w, 20, 6)));
      break;
    case Format::kCsr:
    case Format::kCsrImm:
      take.rd().rs1().imm(static_cast<int32_t>(w >> 20));
      break;
    case Format::kR:
    case Format::kFpBinary:
    case Format::kFpCompare:
      take.rd().rs1().rs2();
      break;
    case Format::kUnary:
    case Format::kFpMoveToX:
    case Format::kFpMoveFromX:
      take.rd().rs1();
      break;
    case Format::kSfence:
      take.rs1().rs2();
      break;
    case Format::kCacheBlock:
      take.rs1();
      break;
    case Format::kLoadReserved:
      take.rd().rs1().ordering();
      break;
    case Format::kAtomic:
      take.rd().rs1().rs2().ordering();
      break;
    case Format::kFp4:
      take.rd().rs1().rs2().rs3().rounding();
      break;
    case Format::kFpRm:
      take.rd().rs1().rs2().rounding();
      break;
    case Format::kFpUnary:
    case Format::kFpToX:
    case Format::kFpFromX:
      take.rd().rs1().rounding();
      break;
  }
}

// Modes 5 and 6 are reserved. "Floating-Point Control and Status Register".
bool has_reserved_rounding(const Insn& insn) { return insn.rm == 5 || insn.rm == 6; }

}  // namespace

bool leaves_the_flow(Op op) {
  switch (op) {
    case Op::kIllegal:
    case Op::kEcall:
    case Op::kEbreak:
    case Op::kMret:
    case Op::kSret:
    case Op::kWfi:
    case Op::kPause: return true;
    default: return false;
  }
}

const InsnInfo& info_of(Op op) { return kInfo[static_cast<size_t>(op)]; }

Insn decode(uint32_t word) {
  if ((word & 3) != 3) return detail::decode_compressed(static_cast<uint16_t>(word));
  Insn insn;
  insn.op = find(word);
  take_operands(insn, info_of(insn.op).format, word);
  if (has_reserved_rounding(insn)) insn = Insn{};  // an atomic's rm has only two bits
  insn.raw = word;
  return insn;
}

}  // namespace recount
