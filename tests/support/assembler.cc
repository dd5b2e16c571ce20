#include "support/assembler.h"

namespace recount::test {
namespace {

uint32_t bits(int64_t v, unsigned from, unsigned count, unsigned to) {
  return static_cast<uint32_t>((static_cast<uint64_t>(v) >> from & ((1ull << count) - 1)) << to);
}

uint32_t immediate(Format format, int64_t v) {
  switch (format) {
    case Format::kI:
    case Format::kLoad:
    case Format::kFpLoad:
    case Format::kCsr:
    case Format::kCsrImm:
      return bits(v, 0, 12, 20);
    case Format::kShift:
      return bits(v, 0, 6, 20);
    case Format::kS:
    case Format::kFpStore:
      return bits(v, 0, 5, 7) | bits(v, 5, 7, 25);
    case Format::kB:
      return bits(v, 11, 1, 7) | bits(v, 1, 4, 8) | bits(v, 5, 6, 25) | bits(v, 12, 1, 31);
    case Format::kU:
      return static_cast<uint32_t>(v) & 0xfffff000;
    case Format::kJ:
      return bits(v, 12, 8, 12) | bits(v, 11, 1, 20) | bits(v, 1, 10, 21) | bits(v, 20, 1, 31);
    default:
      return 0;
  }
}

struct Has {
  bool rd = false, rs1 = false, rs2 = false, rs3 = false, rm = false;
};
Has fields_of(Format format) {
  switch (format) {
    case Format::kNone:
    case Format::kFence:
      return {};
    case Format::kU:
    case Format::kJ:
      return {.rd = true};
    case Format::kS:
    case Format::kB:
    case Format::kFpStore:
    case Format::kSfence:
      return {.rs1 = true, .rs2 = true};
    case Format::kCacheBlock:
      return {.rs1 = true};
    case Format::kR:
    case Format::kAtomic:
    case Format::kFpBinary:
    case Format::kFpCompare:
      return {.rd = true, .rs1 = true, .rs2 = true};
    case Format::kFpRm:
      return {.rd = true, .rs1 = true, .rs2 = true, .rm = true};
    case Format::kFp4:
      return {.rd = true, .rs1 = true, .rs2 = true, .rs3 = true, .rm = true};
    case Format::kFpUnary:
    case Format::kFpToX:
    case Format::kFpFromX:
      return {.rd = true, .rs1 = true, .rm = true};
    default:
      return {.rd = true, .rs1 = true};
  }
}

}  // namespace

uint32_t encode(Op op, const Fields& f) {
  const InsnInfo& info = info_of(op);
  Has has = fields_of(info.format);
  uint32_t word = immediate(info.format, f.imm);
  if (has.rd) word |= f.rd << 7;
  if (has.rs1) word |= f.rs1 << 15;
  if (has.rs2) word |= f.rs2 << 20;
  if (has.rs3) word |= f.rs3 << 27;
  if (has.rm) word |= f.rm << 12;
  return info.match | (word & ~info.mask);
}

}  // namespace recount::test
