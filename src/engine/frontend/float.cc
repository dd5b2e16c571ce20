// F and D, where the host computes the same. What is left out (static rounding modes that are not known to be the
// dynamic one, conversions to unsigned integers, classification) is a step.
// Unprivileged spec, "'F' Extension" and "'D' Extension".

#include "engine/frontend/translator.h"

namespace recount::frontend {
namespace {

using ir::FloatUse;
using ir::IntKind;
using ir::Opcode;
using ir::SignKind;
using ir::Value;

constexpr unsigned kTowardZero = 1, kLastStatic = 4, kDynamic = 7;  // of the field rm

// Where an operation stands in its group of the table, and of which width it is.
struct Row {
  Opcode op;
  uint8_t width;
  uint8_t detail = 0;
};

// rd = operation(rs1, rs2), rounded
std::optional<Row> rounded_binary(Op op) {
  switch (op) {
    case Op::kFaddS: return {{Opcode::kFAdd, 4}};
    case Op::kFsubS: return {{Opcode::kFSub, 4}};
    case Op::kFmulS: return {{Opcode::kFMul, 4}};
    case Op::kFdivS: return {{Opcode::kFDiv, 4}};
    case Op::kFaddD: return {{Opcode::kFAdd, 8}};
    case Op::kFsubD: return {{Opcode::kFSub, 8}};
    case Op::kFmulD: return {{Opcode::kFMul, 8}};
    case Op::kFdivD: return {{Opcode::kFDiv, 8}};
    default: return std::nullopt;
  }
}

// rd = ±(rs1 × rs2) ± rs3
std::optional<Row> fused(Op op) {
  switch (op) {
    case Op::kFmaddS: return {{Opcode::kFFma, 4}};
    case Op::kFmsubS: return {{Opcode::kFFma, 4, ir::kNegateAddend}};
    case Op::kFnmsubS: return {{Opcode::kFFma, 4, ir::kNegateProduct}};
    case Op::kFnmaddS: return {{Opcode::kFFma, 4, ir::kNegateProduct | ir::kNegateAddend}};
    case Op::kFmaddD: return {{Opcode::kFFma, 8}};
    case Op::kFmsubD: return {{Opcode::kFFma, 8, ir::kNegateAddend}};
    case Op::kFnmsubD: return {{Opcode::kFFma, 8, ir::kNegateProduct}};
    case Op::kFnmaddD: return {{Opcode::kFFma, 8, ir::kNegateProduct | ir::kNegateAddend}};
    default: return std::nullopt;
  }
}

// rd = operation(rs1, rs2), exact
std::optional<Row> exact_binary(Op op) {
  auto sign = [](uint8_t width, SignKind kind) { return Row{Opcode::kFSign, width, static_cast<uint8_t>(kind)}; };
  switch (op) {
    case Op::kFsgnjS: return sign(4, SignKind::kSame);
    case Op::kFsgnjnS: return sign(4, SignKind::kOpposite);
    case Op::kFsgnjxS: return sign(4, SignKind::kXor);
    case Op::kFminS: return {{Opcode::kFMin, 4}};
    case Op::kFmaxS: return {{Opcode::kFMax, 4}};
    case Op::kFsgnjD: return sign(8, SignKind::kSame);
    case Op::kFsgnjnD: return sign(8, SignKind::kOpposite);
    case Op::kFsgnjxD: return sign(8, SignKind::kXor);
    case Op::kFminD: return {{Opcode::kFMin, 8}};
    case Op::kFmaxD: return {{Opcode::kFMax, 8}};
    default: return std::nullopt;
  }
}

// x[rd] = relation(rs1, rs2)
std::optional<Row> comparison(Op op) {
  switch (op) {
    case Op::kFeqS: return {{Opcode::kFEq, 4}};
    case Op::kFltS: return {{Opcode::kFLt, 4}};
    case Op::kFleS: return {{Opcode::kFLe, 4}};
    case Op::kFeqD: return {{Opcode::kFEq, 8}};
    case Op::kFltD: return {{Opcode::kFLt, 8}};
    case Op::kFleD: return {{Opcode::kFLe, 8}};
    default: return std::nullopt;
  }
}

// x[rd] = integer(rs1)
std::optional<Row> to_integer(Op op) {
  auto to = [](uint8_t width, IntKind kind) { return Row{Opcode::kFToInt, width, static_cast<uint8_t>(kind)}; };
  switch (op) {
    case Op::kFcvtWS: return to(4, IntKind::kI32);
    case Op::kFcvtLS: return to(4, IntKind::kI64);
    case Op::kFcvtWD: return to(8, IntKind::kI32);
    case Op::kFcvtLD: return to(8, IntKind::kI64);
    default: return std::nullopt;
  }
}

// rd = float(x[rs1])
std::optional<Row> from_integer(Op op) {
  auto from = [](uint8_t width, IntKind kind) { return Row{Opcode::kFFromInt, width, static_cast<uint8_t>(kind)}; };
  switch (op) {
    case Op::kFcvtSW: return from(4, IntKind::kI32);
    case Op::kFcvtSWu: return from(4, IntKind::kU32);
    case Op::kFcvtSL: return from(4, IntKind::kI64);
    case Op::kFcvtSLu: return from(4, IntKind::kU64);
    case Op::kFcvtDW: return from(8, IntKind::kI32);
    case Op::kFcvtDWu: return from(8, IntKind::kU32);
    case Op::kFcvtDL: return from(8, IntKind::kI64);
    case Op::kFcvtDLu: return from(8, IntKind::kU64);
    default: return std::nullopt;
  }
}

class FloatTranslation {
 public:
  explicit FloatTranslation(Translator& t) : t_(t), i_(t.insn) {}

  bool done() { return moves() || computes() || converts(); }

 private:
  void guard(FloatUse use) {
    if (t_.guarded >= use) return;
    t_.guarded = use;
    t_.ir.add({.op = Opcode::kFGuard, .detail = static_cast<uint8_t>(use)});
  }
  Value get(unsigned f, uint8_t width) {
    return t_.ir.add({.op = Opcode::kFGet, .width = width, .slot = static_cast<uint8_t>(f)});
  }
  // What a store or a move to x takes: a single need not be boxed there.
  Value bits(unsigned f, uint8_t width) {
    return t_.ir.add({.op = Opcode::kFGet, .width = width, .detail = width == 4, .slot = static_cast<uint8_t>(f)});
  }
  void set(Value v, uint8_t width) { t_.ir.add({.op = Opcode::kFSet, .width = width, .slot = i_.rd, .a = v}); }
  void set_unary(Opcode op, uint8_t width, uint8_t detail, Value a) {
    set(result({.op = op, .width = width, .detail = detail, .a = a}), width);
  }
  // What the interpreter does in its place is found in rd.
  Value result(ir::Inst inst) {
    inst.slot = i_.rd;
    return t_.ir.add(inst);
  }

  bool is_dynamic() const { return i_.rm == kDynamic; }
  bool is_any_mode() const { return i_.rm <= kLastStatic || i_.rm == kDynamic; }

  void load(uint8_t width) {
    guard(FloatUse::kWrites);
    set(result({.op = Opcode::kFLoad, .width = width, .a = t_.x(i_.rs1), .imm = i_.imm}), width);
  }
  void store(uint8_t width) {
    guard(FloatUse::kReads);
    Value address = t_.x(i_.rs1);
    t_.ir.add({.op = Opcode::kFStore, .width = width, .a = address, .b = bits(i_.rs2, width), .imm = i_.imm});
  }
  void move_to_x(uint8_t width) {
    guard(FloatUse::kReads);
    t_.set_x(i_.rd, result({.op = Opcode::kFBits, .width = width, .a = bits(i_.rs1, width)}));
  }
  void move_from_x(uint8_t width) {
    guard(FloatUse::kWrites);
    set_unary(Opcode::kFOfBits, width, 0, t_.x(i_.rs1));
  }

  bool moves() {
    switch (i_.op) {
      case Op::kFlw: load(4); return true;
      case Op::kFld: load(8); return true;
      case Op::kFsw: store(4); return true;
      case Op::kFsd: store(8); return true;
      case Op::kFmvXW: move_to_x(4); return true;
      case Op::kFmvXD: move_to_x(8); return true;
      case Op::kFmvWX: move_from_x(4); return true;
      case Op::kFmvDX: move_from_x(8); return true;
      default: return false;
    }
  }

  void binary(const Row& row) {
    guard(FloatUse::kWrites);
    Value a = get(i_.rs1, row.width);
    bool is_move = row.op == Opcode::kFSign && static_cast<SignKind>(row.detail) == SignKind::kSame && i_.rs1 == i_.rs2;
    if (is_move) return set(a, row.width);
    Value b = get(i_.rs2, row.width);
    set(result({.op = row.op, .width = row.width, .detail = row.detail, .a = a, .b = b}), row.width);
  }

  bool computes() {
    if (auto row = rounded_binary(i_.op); row && is_dynamic()) {
      binary(*row);
      return true;
    }
    if (auto row = exact_binary(i_.op)) {
      binary(*row);
      return true;
    }
    if (auto row = fused(i_.op); row && is_dynamic()) {
      guard(FloatUse::kWrites);
      Value a = get(i_.rs1, row->width), b = get(i_.rs2, row->width), c = get(i_.rs3, row->width);
      set(result({.op = row->op, .width = row->width, .detail = row->detail, .a = a, .b = b, .c = c}), row->width);
      return true;
    }
    if (auto row = comparison(i_.op)) {
      guard(FloatUse::kWrites);  // of the flags
      Value a = get(i_.rs1, row->width), b = get(i_.rs2, row->width);
      t_.set_x(i_.rd, result({.op = row->op, .width = row->width, .a = a, .b = b}));
      return true;
    }
    if ((i_.op == Op::kFsqrtS || i_.op == Op::kFsqrtD) && is_dynamic()) {
      guard(FloatUse::kWrites);
      uint8_t width = i_.op == Op::kFsqrtS ? 4 : 8;
      set_unary(Opcode::kFSqrt, width, 0, get(i_.rs1, width));
      return true;
    }
    return false;
  }

  bool converts() {
    if (auto row = to_integer(i_.op); row && (is_dynamic() || i_.rm == kTowardZero)) {
      guard(FloatUse::kWrites);
      auto detail = static_cast<uint8_t>(row->detail | (is_dynamic() ? 0 : ir::kTowardZero));
      Value a = get(i_.rs1, row->width);
      t_.set_x(i_.rd, result({.op = row->op, .width = row->width, .detail = detail, .a = a}));
      return true;
    }
    if (auto row = from_integer(i_.op)) {
      auto kind = static_cast<IntKind>(row->detail);
      bool is_exact = row->width == 8 && (kind == IntKind::kI32 || kind == IntKind::kU32);
      if (!(is_exact ? is_any_mode() : is_dynamic())) return false;
      guard(FloatUse::kWrites);
      set_unary(row->op, row->width, row->detail, t_.x(i_.rs1));
      return true;
    }
    if (i_.op == Op::kFcvtDS && is_any_mode()) {
      guard(FloatUse::kWrites);
      set_unary(Opcode::kFWiden, 8, 0, get(i_.rs1, 4));
      return true;
    }
    if (i_.op == Op::kFcvtSD && is_dynamic()) {
      guard(FloatUse::kWrites);
      set_unary(Opcode::kFNarrow, 4, 0, get(i_.rs1, 8));
      return true;
    }
    return false;
  }

  Translator& t_;
  const Insn& i_;
};

}  // namespace

bool translate_float(Translator& t) { return FloatTranslation(t).done(); }

}  // namespace recount::frontend
