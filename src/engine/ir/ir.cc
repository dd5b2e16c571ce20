#include "engine/ir/ir.h"

#include <array>

namespace recount::ir {

const OpcodeInfo& info_of(Opcode op) {
  static constexpr std::array<OpcodeInfo, static_cast<size_t>(Opcode::kCount)> kTable{{
#define IR(name, mnemonic, kind) {mnemonic, Kind::kind},
#include "engine/ir/opcodes.inc"
#undef IR
  }};
  return kTable[static_cast<size_t>(op)];
}

unsigned operand_count(Kind kind) {
  switch (kind) {
    case Kind::kImmediate:
    case Kind::kGet:
    case Kind::kFGuard:
    case Kind::kFGet:
    case Kind::kSysGuard:
    case Kind::kSysGet:
    case Kind::kStep:
    case Kind::kExit: return 0;
    case Kind::kSet:
    case Kind::kUnary:
    case Kind::kLoad:
    case Kind::kFSet:
    case Kind::kFLoad:
    case Kind::kFUnary:
    case Kind::kFToInt:
    case Kind::kFFromInt:
    case Kind::kSysSet:
    case Kind::kExitTo: return 1;
    case Kind::kBinary:
    case Kind::kStore:
    case Kind::kAmo:
    case Kind::kFStore:
    case Kind::kFBinary:
    case Kind::kFCompare:
    case Kind::kExitIf: return 2;
    case Kind::kFTernary: return 3;
  }
  return 0;
}

bool has_result(Kind kind) {
  switch (kind) {
    case Kind::kSet:
    case Kind::kStore:
    case Kind::kFGuard:
    case Kind::kFSet:
    case Kind::kFStore:
    case Kind::kSysGuard:
    case Kind::kSysSet:
    case Kind::kStep:
    case Kind::kExitIf:
    case Kind::kExit:
    case Kind::kExitTo: return false;
    default: return true;
  }
}

bool is_float_operand(Kind kind, unsigned operand) {
  switch (kind) {
    case Kind::kFSet:
    case Kind::kFUnary:
    case Kind::kFBinary:
    case Kind::kFTernary:
    case Kind::kFCompare:
    case Kind::kFToInt: return true;
    case Kind::kFStore: return operand == 1;
    default: return false;
  }
}

bool is_float_result(Kind kind) {
  switch (kind) {
    case Kind::kFGet:
    case Kind::kFLoad:
    case Kind::kFUnary:
    case Kind::kFBinary:
    case Kind::kFTernary:
    case Kind::kFFromInt: return true;
    default: return false;
  }
}

bool has_effects(Kind kind) {
  switch (kind) {
    case Kind::kImmediate:
    case Kind::kGet:
    case Kind::kUnary:
    case Kind::kBinary:
    case Kind::kSysGet:
    case Kind::kFGet: return false;
    default: return true;  // floating point raises flags
  }
}

bool may_be_interpreted(Kind kind) {
  switch (kind) {
    case Kind::kAmo:
    case Kind::kFUnary:
    case Kind::kFBinary:
    case Kind::kFTernary:
    case Kind::kFToInt:
    case Kind::kFFromInt: return true;
    default: return false;
  }
}

bool may_leave(Kind kind) {
  switch (kind) {
    case Kind::kLoad:
    case Kind::kStore:
    case Kind::kAmo:
    case Kind::kFGuard:
    case Kind::kFLoad:
    case Kind::kFStore:
    case Kind::kFUnary:
    case Kind::kFBinary:
    case Kind::kFTernary:
    case Kind::kFCompare:
    case Kind::kFToInt:
    case Kind::kFFromInt:
    case Kind::kSysGuard:
    case Kind::kStep:
    case Kind::kExitIf:
    case Kind::kExit:
    case Kind::kExitTo: return true;
    default: return false;
  }
}

}  // namespace recount::ir
