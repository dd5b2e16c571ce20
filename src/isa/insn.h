#pragma once
// A decoded instruction. Pure values: the same word always decodes to the same Insn.

#include <cstdint>

namespace recount {

enum class Op : uint16_t {
  kIllegal,
#define INSN(id, mnemonic, match, mask, format, extension) k##id,
#include "isa/rv64.inc"
#undef INSN
  kCount
};

// What the operands are and where they stand.
enum class Format : uint8_t {
  kNone, kR, kI, kLoad, kS, kB, kU, kJ, kShift, kUnary, kFence, kSfence, kCsr, kCsrImm, kAtomic, kLoadReserved,
  kFpLoad, kFpStore, kFp4, kFpRm, kFpUnary, kFpBinary, kFpCompare, kFpToX, kFpFromX, kFpMoveToX, kFpMoveFromX,
  kCacheBlock
};

struct Insn {
  Op op = Op::kIllegal;
  uint8_t rd = 0, rs1 = 0, rs2 = 0, rs3 = 0;
  uint8_t rm = 0;      // floating point: the rounding mode field; atomics: aq << 1 | rl
  uint8_t length = 4;  // bytes: 2 or 4
  // I, S, B, J: byte offset or value; U: already shifted left by 12; shifts: amount; CSR: number (the
  // immediate of csrr*i is in rs1).
  int32_t imm = 0;
  uint32_t raw = 0;  // the encoding as fetched; a compressed one zero-extended
  bool operator==(const Insn&) const = default;
};

// If the two low bits of word are not both set, only its low half is looked at.
Insn decode(uint32_t word);

// One row of the table.
struct InsnInfo {
  const char* mnemonic;
  uint32_t match, mask;
  Format format;
  const char* extension;
};
const InsnInfo& info_of(Op op);

// Traps, returns from one, or waits: the pc, the mode or the world is another one behind it.
bool leaves_the_flow(Op op);

namespace detail {
Insn decode_compressed(uint16_t half);
}

}  // namespace recount
