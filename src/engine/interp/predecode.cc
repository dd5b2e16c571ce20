#include "base/check.h"
#include "engine/interp/micro_op.h"

namespace recount::interp {

const HandlerTable& handler_table() {
  static const HandlerTable table = [] {
    HandlerTable t;
    install_integer(t);
    install_memory(t);
    install_atomic(t);
    install_float(t);
    install_system(t);
    for (size_t i = 0; i < static_cast<size_t>(Op::kCount); ++i) CHECK(t.handlers[i] != nullptr);
    return t;
  }();
  return table;
}

bool ends_block(Op op) {
  Format format = info_of(op).format;
  return format == Format::kB || format == Format::kJ || op == Op::kJalr || leaves_the_flow(op);
}

MicroOp predecode(const Insn& insn, uint16_t offset) {
  Format format = info_of(insn.op).format;
  bool relative_to_block = format == Format::kB || format == Format::kJ;
  // Only x registers have a zero to protect: rd of the FP register formats is an f register.
  bool writes_f = format == Format::kFpLoad || format == Format::kFp4 || format == Format::kFpRm ||
                  format == Format::kFpUnary || format == Format::kFpBinary || format == Format::kFpFromX ||
                  format == Format::kFpMoveFromX;
  MicroOp op{};
  op.run = handler_table()[insn.op];
  op.raw = insn.raw;
  op.imm = insn.imm + (relative_to_block ? offset : 0);
  op.offset = offset;
  op.length = insn.length;
  op.rd = insn.rd == 0 && !writes_f ? static_cast<uint8_t>(kDiscardRegister) : insn.rd;
  op.rs1 = insn.rs1;
  op.rs2 = insn.rs2;
  op.rs3 = insn.rs3;
  op.rm = insn.rm;
  return op;
}

}  // namespace recount::interp
