#include "engine/ir/print.h"

#include <fmt/format.h>

namespace recount::ir {
namespace {

constexpr const char* kRelations[] = {"eq", "ne", "lt", "ge", "lt_u", "ge_u"};
constexpr const char* kAmos[] = {"swap", "add", "xor", "and", "or", "min", "max", "min_u", "max_u", "reserve", "conditional"};

std::string suffix(const Inst& i, Kind kind) {
  switch (kind) {
    case Kind::kLoad: return fmt::format(".{}{}", i.width, i.detail != 0 ? "s" : "");
    case Kind::kAmo: return fmt::format(".{}.{}", kAmos[i.detail], i.width);
    case Kind::kExitIf: return fmt::format(".{}", kRelations[i.detail]);
    case Kind::kStep: return static_cast<StepKind>(i.detail) == StepKind::kLeaves ? ".leaves" : "";
    case Kind::kFGuard: return static_cast<FloatUse>(i.detail) == FloatUse::kReads ? ".reads" : ".writes";
    case Kind::kFTernary:
    case Kind::kFToInt:
    case Kind::kFFromInt: return fmt::format(".{}.{}", i.width, i.detail);
    case Kind::kFBinary:
      return i.op == Opcode::kFSign ? fmt::format(".{}.{}", i.width, i.detail) : fmt::format(".{}", i.width);
    case Kind::kFGet: return fmt::format(".{}{}", i.width, i.detail != 0 ? "r" : "");
    case Kind::kStore:
    case Kind::kFSet:
    case Kind::kFLoad:
    case Kind::kFStore:
    case Kind::kFUnary:
    case Kind::kFCompare: return fmt::format(".{}", i.width);
    default: return "";
  }
}

constexpr const char* kSystemSlots[] = {"status", "scratch", "epc", "cause", "tval"};
static_assert(std::size(kSystemSlots) == kSystemSlotCount);

bool has_slot(Kind kind) {
  return kind == Kind::kGet || kind == Kind::kSet || kind == Kind::kFGet || kind == Kind::kFSet;
}
bool shows_imm(Kind kind, const Inst& i) {
  switch (kind) {
    case Kind::kImmediate:
    case Kind::kExit:
    case Kind::kExitIf: return true;
    default: return i.imm != 0;
  }
}

}  // namespace

std::string print(const Block& block) {
  std::string out;
  int step = -1;
  for (size_t n = 0; n < block.insts.size(); ++n) {
    const Inst& i = block.insts[n];
    Kind kind = kind_of(i);
    if (i.step != step) {
      step = i.step;
      const Point& p = block.points[i.step];
      out += fmt::format("; step {} at {:#05x}: {:0{}x}\n", step, p.offset, p.raw, 2 * p.length);
    }
    out += has_result(kind) ? fmt::format("%{} = ", n) : "";
    out += info_of(i.op).mnemonic + suffix(i, kind);
    const char* separator = " ";
    if (has_slot(kind)) {
      out += fmt::format(" ${}", i.slot);
      separator = ", ";
    }
    if (kind == Kind::kSysGet || kind == Kind::kSysSet) {
      out += fmt::format(" ${}", kSystemSlots[i.slot]);
      separator = ", ";
    }
    for (Value v : {i.a, i.b, i.c}) {
      if (v == kNoValue) break;
      out += fmt::format("{}%{}", separator, v);
      separator = ", ";
    }
    if (shows_imm(kind, i)) out += fmt::format("{}{}", separator, i.imm);
    out += "\n";
  }
  return out;
}

}  // namespace recount::ir
