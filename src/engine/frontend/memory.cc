// Loads and stores of x registers; AMOs, LR and SC.

#include "engine/frontend/translator.h"

namespace recount::frontend {
namespace {

using ir::AmoKind;
using ir::Inst;
using ir::Opcode;
using ir::Value;

struct Access {
  uint8_t width;
  bool sign_extends = false;
};
std::optional<Access> load_access(Op op) {
  switch (op) {
    case Op::kLb: return {{1, true}};
    case Op::kLh: return {{2, true}};
    case Op::kLw: return {{4, true}};
    case Op::kLd: return {{8}};
    case Op::kLbu: return {{1}};
    case Op::kLhu: return {{2}};
    case Op::kLwu: return {{4}};
    default: return std::nullopt;
  }
}
std::optional<Access> store_access(Op op) {
  switch (op) {
    case Op::kSb: return {{1}};
    case Op::kSh: return {{2}};
    case Op::kSw: return {{4}};
    case Op::kSd: return {{8}};
    default: return std::nullopt;
  }
}

std::optional<AmoKind> amo_kind(Op op) {
  switch (op) {
    case Op::kAmoswapW:
    case Op::kAmoswapD: return AmoKind::kSwap;
    case Op::kAmoaddW:
    case Op::kAmoaddD: return AmoKind::kAdd;
    case Op::kAmoxorW:
    case Op::kAmoxorD: return AmoKind::kXor;
    case Op::kAmoandW:
    case Op::kAmoandD: return AmoKind::kAnd;
    case Op::kAmoorW:
    case Op::kAmoorD: return AmoKind::kOr;
    case Op::kAmominW:
    case Op::kAmominD: return AmoKind::kMin;
    case Op::kAmomaxW:
    case Op::kAmomaxD: return AmoKind::kMax;
    case Op::kAmominuW:
    case Op::kAmominuD: return AmoKind::kMinU;
    case Op::kAmomaxuW:
    case Op::kAmomaxuD: return AmoKind::kMaxU;
    case Op::kLrW:
    case Op::kLrD: return AmoKind::kReserve;
    case Op::kScW:
    case Op::kScD: return AmoKind::kConditional;
    default: return std::nullopt;
  }
}
constexpr uint32_t kDoubleWord = 1u << 12;  // of an AMO's funct3

}  // namespace

bool translate_memory(Translator& t) {
  const Insn& i = t.insn;
  if (auto access = load_access(i.op)) {
    Value v = t.ir.add({.op = Opcode::kLoad, .width = access->width, .detail = access->sign_extends,
                        .slot = i.rd, .a = t.x(i.rs1), .imm = i.imm});
    t.set_x(i.rd, v);
    return true;
  }
  if (auto access = store_access(i.op)) {
    Value address = t.x(i.rs1);
    t.ir.add({.op = Opcode::kStore, .width = access->width, .a = address, .b = t.x(i.rs2), .imm = i.imm});
    return true;
  }
  if (auto kind = amo_kind(i.op)) {
    uint8_t width = (i.raw & kDoubleWord) != 0 ? 8 : 4;
    Value address = t.x(i.rs1);
    Value v = t.ir.add({.op = Opcode::kAmo, .width = width, .detail = static_cast<uint8_t>(*kind), .slot = i.rd,
                        .a = address, .b = *kind == AmoKind::kReserve ? address : t.x(i.rs2)});
    t.set_x(i.rd, v);
    return true;
  }
  return false;
}

}  // namespace recount::frontend
