#include "isa/disasm.h"

#include <fmt/format.h>

#include "isa/csr.h"

namespace recount {
namespace {

constexpr const char* kX[] = {"zero", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
                              "a1",   "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
                              "s6",   "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
constexpr const char* kF[] = {"ft0", "ft1", "ft2", "ft3", "ft4",  "ft5",  "ft6", "ft7", "fs0",  "fs1", "fa0",
                              "fa1", "fa2", "fa3", "fa4", "fa5",  "fa6",  "fa7", "fs2", "fs3",  "fs4", "fs5",
                              "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11"};
constexpr const char* kRounding[] = {",rne", ",rtz", ",rdn", ",rup", ",rmm", "", "", ""};  // 7: as frm says
constexpr const char* kOrdering[] = {"", ".rl", ".aq", ".aqrl"};

// The bits of a fence's set: "rw", "iorw", ...
std::string fence_set(uint32_t bits) {
  std::string s;
  for (int i = 0; i < 4; ++i) {
    if ((bits >> (3 - i) & 1) != 0) s += "iorw"[i];
  }
  return s.empty() ? "unknown" : s;
}

std::string operands_of(const Insn& i, uint64_t pc) {
  const char *rd = kX[i.rd], *rs1 = kX[i.rs1], *rs2 = kX[i.rs2];
  const char *fd = kF[i.rd], *fs1 = kF[i.rs1], *fs2 = kF[i.rs2];
  const char* rounding = kRounding[i.rm & 7];
  uint64_t target = pc + static_cast<uint64_t>(int64_t{i.imm});
  switch (info_of(i.op).format) {
    case Format::kNone:
      return "";
    case Format::kR:
      return fmt::format("{},{},{}", rd, rs1, rs2);
    case Format::kI:
      if (i.op == Op::kJalr) return fmt::format("{},{}({})", rd, i.imm, rs1);
      return fmt::format("{},{},{}", rd, rs1, i.imm);
    case Format::kLoad:
      return fmt::format("{},{}({})", rd, i.imm, rs1);
    case Format::kS:
      return fmt::format("{},{}({})", rs2, i.imm, rs1);
    case Format::kB:
      return fmt::format("{},{},{:#x}", rs1, rs2, target);
    case Format::kU:
      return fmt::format("{},{:#x}", rd, static_cast<uint32_t>(i.imm) >> 12);
    case Format::kJ:
      return fmt::format("{},{:#x}", rd, target);
    case Format::kShift:
      return fmt::format("{},{},{:#x}", rd, rs1, i.imm);
    case Format::kUnary:
      return fmt::format("{},{}", rd, rs1);
    case Format::kFence:
      return fence_set(i.raw >> 24 & 15) + "," + fence_set(i.raw >> 20 & 15);
    case Format::kSfence:
      return fmt::format("{},{}", rs1, rs2);
    case Format::kCsr:
      return fmt::format("{},{},{}", rd, csr_name(static_cast<unsigned>(i.imm)), rs1);
    case Format::kCsrImm:
      return fmt::format("{},{},{}", rd, csr_name(static_cast<unsigned>(i.imm)), i.rs1);
    case Format::kAtomic:
      return fmt::format("{},{},({})", rd, rs2, rs1);
    case Format::kLoadReserved:
      return fmt::format("{},({})", rd, rs1);
    case Format::kCacheBlock:
      return fmt::format("({})", rs1);
    case Format::kFpLoad:
      return fmt::format("{},{}({})", fd, i.imm, rs1);
    case Format::kFpStore:
      return fmt::format("{},{}({})", fs2, i.imm, rs1);
    case Format::kFp4:
      return fmt::format("{},{},{},{}{}", fd, fs1, fs2, kF[i.rs3], rounding);
    case Format::kFpRm:
      return fmt::format("{},{},{}{}", fd, fs1, fs2, rounding);
    case Format::kFpUnary:
      return fmt::format("{},{}{}", fd, fs1, i.op == Op::kFcvtDS ? "" : rounding);
    case Format::kFpBinary:
      return fmt::format("{},{},{}", fd, fs1, fs2);
    case Format::kFpCompare:
      return fmt::format("{},{},{}", rd, fs1, fs2);
    case Format::kFpToX:
      return fmt::format("{},{}{}", rd, fs1, rounding);
    case Format::kFpFromX: {
      bool always_exact = i.op == Op::kFcvtDW || i.op == Op::kFcvtDWu;
      return fmt::format("{},{}{}", fd, rs1, always_exact ? "" : rounding);
    }
    case Format::kFpMoveToX:
      return fmt::format("{},{}", rd, fs1);
    case Format::kFpMoveFromX:
      return fmt::format("{},{}", fd, rs1);
  }
  return "";
}

}  // namespace

std::string disassemble(const Insn& insn, uint64_t pc) {
  if (insn.op == Op::kIllegal) return fmt::format(".{}byte\t{:#x}", insn.length, insn.raw);
  const InsnInfo& info = info_of(insn.op);
  bool ordered = info.format == Format::kAtomic || info.format == Format::kLoadReserved;
  std::string text = info.mnemonic;
  if (ordered) text += kOrdering[insn.rm & 3];
  std::string operands = operands_of(insn, pc);
  return operands.empty() ? text : text + "\t" + operands;
}

}  // namespace recount
