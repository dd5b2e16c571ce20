#pragma once
// What the parts of the front end share: the builder, and the guest's registers as values.

#include <optional>

#include "engine/ir/builder.h"
#include "isa/insn.h"

namespace recount::frontend {

struct Translator {
  ir::Builder& ir;
  const Insn& insn;
  int64_t offset;         // of insn, in its page
  ir::FloatUse& guarded;  // what is sure already, since the last instruction that might change it
  bool& supervisor;       // the block is sure already to run in S- or M-mode: what changes that ends it

  ir::Value x(unsigned r) { return r == 0 ? ir.constant(0) : ir.get(r); }
  // x0 takes nothing.
  void set_x(unsigned r, ir::Value v) {
    if (r != 0) ir.set(r, v);
  }
  void guard_supervisor() {
    if (!supervisor) ir.add({.op = ir::Opcode::kSysGuard});
    supervisor = true;
  }
  ir::Value imm() { return ir.constant(insn.imm); }
  // op of rs1 and rs2, or of rs1 and the immediate. Operands in this order, whichever the compiler prefers: the same
  // code becomes the same IR everywhere.
  ir::Value of_registers(ir::Opcode op) {
    ir::Value a = x(insn.rs1);
    return ir.binary(op, a, x(insn.rs2));
  }
  ir::Value with_imm(ir::Opcode op) {
    ir::Value a = x(insn.rs1);
    return ir.binary(op, a, imm());
  }
};

// Each translates insn if it is one of its own, and says so.
bool translate_integer(Translator& t);
bool translate_bits(Translator& t);
bool translate_memory(Translator& t);
bool translate_float(Translator& t);
bool translate_system(Translator& t);

}  // namespace recount::frontend
