#include <optional>

#include "engine/ir/passes/passes.h"
#include "engine/ir/passes/rename.h"

namespace recount::ir {
namespace {

int64_t low32(uint64_t v) { return static_cast<int32_t>(v); }

// Where folding pays: what guest code really computes from constants. Everything else stays.
std::optional<int64_t> fold(Opcode op, uint64_t a, uint64_t b) {
  auto is = [](uint64_t v) { return static_cast<int64_t>(v); };
  switch (op) {
    case Opcode::kAdd: return is(a + b);
    case Opcode::kSub: return is(a - b);
    case Opcode::kAnd: return is(a & b);
    case Opcode::kOr: return is(a | b);
    case Opcode::kXor: return is(a ^ b);
    case Opcode::kShl: return is(a << (b & 63));
    case Opcode::kShr: return is(a >> (b & 63));
    case Opcode::kSar: return is(a) >> (b & 63);
    case Opcode::kAdd32: return low32(a + b);
    case Opcode::kSub32: return low32(a - b);
    case Opcode::kShl32: return low32(a << (b & 31));
    case Opcode::kLt: return is(a) < is(b);
    case Opcode::kLtU: return a < b;
    case Opcode::kSext32: return low32(a);
    case Opcode::kZext32: return static_cast<uint32_t>(a);
    case Opcode::kZext16: return static_cast<uint16_t>(a);
    default: return std::nullopt;
  }
}

// x op 0 is x.
bool has_right_identity_zero(Opcode op) {
  switch (op) {
    case Opcode::kAdd:
    case Opcode::kSub:
    case Opcode::kOr:
    case Opcode::kXor:
    case Opcode::kShl:
    case Opcode::kShr:
    case Opcode::kSar:
    case Opcode::kRotr: return true;
    default: return false;
  }
}

}  // namespace

void fold_constants(Block& block) {
  std::vector<Value> same(block.insts.size());
  auto constant = [&](Value v) -> std::optional<int64_t> {
    if (v == kNoValue || block.insts[v].op != Opcode::kConst) return std::nullopt;
    return block.insts[v].imm;
  };
  for (size_t n = 0; n < block.insts.size(); ++n) {
    Inst& i = block.insts[n];
    rename_operands(i, same);
    same[n] = static_cast<Value>(n);
    Kind kind = kind_of(i);
    if (kind != Kind::kBinary && kind != Kind::kUnary) continue;
    auto a = constant(i.a), b = kind == Kind::kUnary ? std::optional<int64_t>(0) : constant(i.b);
    if (a && b) {
      if (auto v = fold(i.op, static_cast<uint64_t>(*a), static_cast<uint64_t>(*b))) {
        i = {.op = Opcode::kConst, .step = i.step, .imm = *v};
      }
    } else if (kind == Kind::kBinary && b && *b == 0 && has_right_identity_zero(i.op)) {
      same[n] = i.a;
    } else if (i.op == Opcode::kAdd && b && block.insts[i.a].op == Opcode::kAddress) {
      i = {.op = Opcode::kAddress, .step = i.step, .imm = block.insts[i.a].imm + *b};
    } else if (i.op == Opcode::kAdd && a && *a == 0) {
      same[n] = i.b;
    }
  }
}

}  // namespace recount::ir
