#pragma once
// Appends instructions to a block, as parts of its last guest instruction.

#include "engine/ir/ir.h"

namespace recount::ir {

class Builder {
 public:
  explicit Builder(Block& block) : block_(block) {}

  void begin_step(Point point) { block_.points.push_back(point); }

  Value constant(int64_t v) { return add({.op = Opcode::kConst, .imm = v}); }
  // The guest address that lies this many bytes behind the start of the block's page.
  Value address(int64_t offset) { return add({.op = Opcode::kAddress, .imm = offset}); }
  Value get(unsigned slot) { return add({.op = Opcode::kGet, .slot = static_cast<uint8_t>(slot)}); }
  void set(unsigned slot, Value v) { add({.op = Opcode::kSet, .slot = static_cast<uint8_t>(slot), .a = v}); }
  Value unary(Opcode op, Value a) { return add({.op = op, .a = a}); }
  Value binary(Opcode op, Value a, Value b) { return add({.op = op, .a = a, .b = b}); }
  Value get_system(SystemSlot slot) { return add({.op = Opcode::kSysGet, .slot = static_cast<uint8_t>(slot)}); }
  void set_system(SystemSlot slot, Value v) { add({.op = Opcode::kSysSet, .slot = static_cast<uint8_t>(slot), .a = v}); }
  void step(StepKind kind) { add({.op = Opcode::kStep, .detail = static_cast<uint8_t>(kind)}); }
  void exit_if(Relation relation, Value a, Value b, int64_t to_offset) {
    add({.op = Opcode::kExitIf, .detail = static_cast<uint8_t>(relation), .a = a, .b = b, .imm = to_offset});
  }
  void exit(int64_t to_offset) { add({.op = Opcode::kExit, .imm = to_offset}); }
  void exit_to(Value address) { add({.op = Opcode::kExitTo, .a = address}); }

  Value add(Inst inst) {
    inst.step = static_cast<uint16_t>(block_.points.size() - 1);
    block_.insts.push_back(inst);
    return static_cast<Value>(block_.insts.size() - 1);
  }

 private:
  Block& block_;
};

}  // namespace recount::ir
