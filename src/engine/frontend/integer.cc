// I and M: what computes. Unprivileged spec, "RV64I" and "M".

#include "engine/frontend/translator.h"

namespace recount::frontend {
namespace {

using ir::Opcode;

// rd = operation(rs1, rs2)
std::optional<Opcode> register_operation(Op op) {
  switch (op) {
    case Op::kAdd: return Opcode::kAdd;
    case Op::kSub: return Opcode::kSub;
    case Op::kAnd: return Opcode::kAnd;
    case Op::kOr: return Opcode::kOr;
    case Op::kXor: return Opcode::kXor;
    case Op::kSll: return Opcode::kShl;
    case Op::kSrl: return Opcode::kShr;
    case Op::kSra: return Opcode::kSar;
    case Op::kSlt: return Opcode::kLt;
    case Op::kSltu: return Opcode::kLtU;
    case Op::kAddw: return Opcode::kAdd32;
    case Op::kSubw: return Opcode::kSub32;
    case Op::kSllw: return Opcode::kShl32;
    case Op::kSrlw: return Opcode::kShr32;
    case Op::kSraw: return Opcode::kSar32;
    case Op::kMul: return Opcode::kMul;
    case Op::kMulh: return Opcode::kMulH;
    case Op::kMulhu: return Opcode::kMulHU;
    case Op::kDiv: return Opcode::kDiv;
    case Op::kDivu: return Opcode::kDivU;
    case Op::kRem: return Opcode::kRem;
    case Op::kRemu: return Opcode::kRemU;
    case Op::kMulw: return Opcode::kMul32;
    case Op::kDivw: return Opcode::kDiv32;
    case Op::kDivuw: return Opcode::kDivU32;
    case Op::kRemw: return Opcode::kRem32;
    case Op::kRemuw: return Opcode::kRemU32;
    default: return std::nullopt;
  }
}

// rd = operation(rs1, imm)
std::optional<Opcode> immediate_operation(Op op) {
  switch (op) {
    case Op::kAddi: return Opcode::kAdd;
    case Op::kSlti: return Opcode::kLt;
    case Op::kSltiu: return Opcode::kLtU;
    case Op::kXori: return Opcode::kXor;
    case Op::kOri: return Opcode::kOr;
    case Op::kAndi: return Opcode::kAnd;
    case Op::kSlli: return Opcode::kShl;
    case Op::kSrli: return Opcode::kShr;
    case Op::kSrai: return Opcode::kSar;
    case Op::kAddiw: return Opcode::kAdd32;
    case Op::kSlliw: return Opcode::kShl32;
    case Op::kSrliw: return Opcode::kShr32;
    case Op::kSraiw: return Opcode::kSar32;
    default: return std::nullopt;
  }
}

}  // namespace

bool translate_integer(Translator& t) {
  const Insn& i = t.insn;
  if (auto op = register_operation(i.op)) {
    t.set_x(i.rd, t.of_registers(*op));
    return true;
  }
  if (auto op = immediate_operation(i.op)) {
    t.set_x(i.rd, t.with_imm(*op));
    return true;
  }
  switch (i.op) {
    case Op::kLui: t.set_x(i.rd, t.imm()); return true;
    case Op::kAuipc: t.set_x(i.rd, t.ir.address(t.offset + i.imm)); return true;
    // The machine is coherent and one hart runs at a time: fences order nothing that is not ordered; and a store to
    // translated code has already dropped it.
    case Op::kFence:
    case Op::kFenceI: return true;
    default: return false;
  }
}

}  // namespace recount::frontend
