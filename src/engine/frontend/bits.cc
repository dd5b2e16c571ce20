// Zba, Zbb, Zbs. Unprivileged spec, "'B' Extension for Bit Manipulation".

#include <utility>

#include "engine/frontend/translator.h"

namespace recount::frontend {
namespace {

using ir::Opcode;
using ir::Value;

// rd = (rs1, or its low word) << shift + rs2
std::optional<std::pair<unsigned, bool>> shift_and_add(Op op) {
  switch (op) {
    case Op::kSh1add: return {{1, false}};
    case Op::kSh2add: return {{2, false}};
    case Op::kSh3add: return {{3, false}};
    case Op::kAddUw: return {{0, true}};
    case Op::kSh1addUw: return {{1, true}};
    case Op::kSh2addUw: return {{2, true}};
    case Op::kSh3addUw: return {{3, true}};
    default: return std::nullopt;
  }
}

std::optional<Opcode> unary_operation(Op op) {
  switch (op) {
    case Op::kClz: return Opcode::kClz;
    case Op::kCtz: return Opcode::kCtz;
    case Op::kCpop: return Opcode::kCpop;
    case Op::kClzw: return Opcode::kClz32;
    case Op::kCtzw: return Opcode::kCtz32;
    case Op::kCpopw: return Opcode::kCpop32;
    case Op::kSextB: return Opcode::kSext8;
    case Op::kSextH: return Opcode::kSext16;
    case Op::kZextH: return Opcode::kZext16;
    case Op::kRev8: return Opcode::kBswap;
    default: return std::nullopt;
  }
}

std::optional<Opcode> binary_operation(Op op) {
  switch (op) {
    case Op::kMin: return Opcode::kMin;
    case Op::kMinu: return Opcode::kMinU;
    case Op::kMax: return Opcode::kMax;
    case Op::kMaxu: return Opcode::kMaxU;
    case Op::kRor: return Opcode::kRotr;
    case Op::kRorw: return Opcode::kRotr32;
    default: return std::nullopt;
  }
}

Value inverted(Translator& t, Value v) { return t.ir.binary(Opcode::kXor, v, t.ir.constant(-1)); }

// rd = rs1 with the bit that selector names set, cleared or inverted.
void single_bit(Translator& t, Value selector) {
  Value one = t.ir.constant(1);
  Value bit = t.ir.binary(Opcode::kShl, one, selector);
  Value source = t.x(t.insn.rs1);
  switch (t.insn.op) {
    case Op::kBset:
    case Op::kBseti: t.set_x(t.insn.rd, t.ir.binary(Opcode::kOr, source, bit)); break;
    case Op::kBinv:
    case Op::kBinvi: t.set_x(t.insn.rd, t.ir.binary(Opcode::kXor, source, bit)); break;
    default: t.set_x(t.insn.rd, t.ir.binary(Opcode::kAnd, source, inverted(t, bit))); break;
  }
}

}  // namespace

bool translate_bits(Translator& t) {
  const Insn& i = t.insn;
  auto& ir = t.ir;
  if (auto form = shift_and_add(i.op)) {
    Value index = t.x(i.rs1);
    if (form->second) index = ir.unary(Opcode::kZext32, index);
    Value shifted = ir.binary(Opcode::kShl, index, ir.constant(form->first));
    t.set_x(i.rd, ir.binary(Opcode::kAdd, shifted, t.x(i.rs2)));
    return true;
  }
  if (auto op = unary_operation(i.op)) {
    t.set_x(i.rd, ir.unary(*op, t.x(i.rs1)));
    return true;
  }
  if (auto op = binary_operation(i.op)) {
    t.set_x(i.rd, t.of_registers(*op));
    return true;
  }
  switch (i.op) {
    case Op::kSlliUw: {
      Value low = ir.unary(Opcode::kZext32, t.x(i.rs1));
      t.set_x(i.rd, ir.binary(Opcode::kShl, low, t.imm()));
      return true;
    }
    case Op::kAndn:
    case Op::kOrn: {
      Value a = t.x(i.rs1);
      t.set_x(i.rd, ir.binary(i.op == Op::kAndn ? Opcode::kAnd : Opcode::kOr, a, inverted(t, t.x(i.rs2))));
      return true;
    }
    case Op::kXnor: t.set_x(i.rd, inverted(t, t.of_registers(Opcode::kXor))); return true;
    // A rotation to the left is one to the right by the negated amount.
    case Op::kRol:
    case Op::kRolw: {
      Value a = t.x(i.rs1), zero = ir.constant(0);
      Value amount = ir.binary(Opcode::kSub, zero, t.x(i.rs2));
      t.set_x(i.rd, ir.binary(i.op == Op::kRol ? Opcode::kRotr : Opcode::kRotr32, a, amount));
      return true;
    }
    case Op::kRori: t.set_x(i.rd, t.with_imm(Opcode::kRotr)); return true;
    case Op::kRoriw: t.set_x(i.rd, t.with_imm(Opcode::kRotr32)); return true;
    case Op::kBset:
    case Op::kBclr:
    case Op::kBinv: single_bit(t, t.x(i.rs2)); return true;
    case Op::kBseti:
    case Op::kBclri:
    case Op::kBinvi: single_bit(t, t.imm()); return true;
    case Op::kBext:
    case Op::kBexti: {
      Value shifted = i.op == Op::kBext ? t.of_registers(Opcode::kShr) : t.with_imm(Opcode::kShr);
      t.set_x(i.rd, ir.binary(Opcode::kAnd, shifted, ir.constant(1)));
      return true;
    }
    default: return false;  // orc.b too: rare enough for a step
  }
}

}  // namespace recount::frontend
