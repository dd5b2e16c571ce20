#include "engine/ir/verify.h"

#include <fmt/format.h>

namespace recount::ir {
namespace {

constexpr unsigned kSlotCount = 32;

bool ends(Kind kind, const Inst& i) {
  return kind == Kind::kExit || kind == Kind::kExitTo ||
         (kind == Kind::kStep && static_cast<StepKind>(i.detail) == StepKind::kLeaves);
}

const char* fault_of(const Block& block, size_t index) {
  const Inst& i = block.insts[index];
  Kind kind = kind_of(i);
  Value operands[] = {i.a, i.b, i.c};
  for (unsigned n = 0; n < 3; ++n) {
    if (n >= operand_count(kind)) {
      if (operands[n] != kNoValue) return "an operand too many";
      continue;
    }
    if (operands[n] >= index) return "an operand that is not defined before";
    Kind definer = kind_of(block.insts[operands[n]]);
    if (!has_result(definer)) return "an operand that is no value";
    if (is_float_result(definer) != is_float_operand(kind, n)) return "an operand of the other kind";
  }
  bool narrow_possible = kind == Kind::kLoad || kind == Kind::kStore;
  bool width_fits = i.width == 8 || i.width == 4 || (narrow_possible && (i.width == 1 || i.width == 2));
  if (!width_fits) return "an impossible width";
  bool is_system = kind == Kind::kSysGet || kind == Kind::kSysSet;
  if (i.slot >= (is_system ? kSystemSlotCount : kSlotCount)) return "no such slot";
  if (i.step >= block.points.size()) return "a step that the block does not have";
  if (index > 0 && i.step < block.insts[index - 1].step) return "a step before the last one";
  if (ends(kind, i) != (index + 1 == block.insts.size())) return "the end of a block, or none, in the wrong place";
  return nullptr;
}

}  // namespace

std::optional<std::string> verify(const Block& block) {
  if (block.insts.empty() || block.points.empty()) return "an empty block";
  if (block.insts.size() >= kNoValue) return "too many instructions";
  for (size_t n = 0; n < block.insts.size(); ++n) {
    if (const char* fault = fault_of(block, n); fault != nullptr) {
      return fmt::format("%{} {}: {}", n, info_of(block.insts[n].op).mnemonic, fault);
    }
  }
  return std::nullopt;
}

}  // namespace recount::ir
