#pragma once
// The intermediate representation: what a block of guest code does, as a straight line of operations on
// 64-bit values, each assigned once. Knows neither the guest's architecture nor the host's: guest registers
// are numbered slots. docs/ir.md has every opcode's meaning.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace recount::ir {

enum class Opcode : uint8_t {
#define IR(name, mnemonic, kind) k##name,
#include "engine/ir/opcodes.inc"
#undef IR
  kCount
};

// What an operation takes and gives; the F kinds work on floating-point values, kept apart from integers.
enum class Kind : uint8_t {
  kImmediate,  // imm -> int
  kGet,        // slot -> int
  kSet,        // slot, a
  kUnary,      // a -> int
  kBinary,     // a, b -> int
  kLoad,       // a + imm, of width bytes -> int
  kStore,      // a + imm, b of width bytes
  kAmo,        // at a, with b, of width bytes -> int: what was there
  kFGuard,     // leaves for the interpreter if the state does not allow a FloatUse
  kFGet,       // slot -> float
  kFSet,       // slot, a
  kFLoad,      // a + imm -> float
  kFStore,     // a + imm, b
  kFUnary,     // a -> float
  kFBinary,    // a, b -> float
  kFTernary,   // a, b, c -> float
  kFCompare,   // a, b -> int
  kFToInt,     // a -> int
  kFFromInt,   // a -> float
  kSysGuard,   // leaves for the interpreter if the guest's code has no right to system slots
  kSysGet,     // system slot -> int
  kSysSet,     // system slot, a
  kStep,       // one guest instruction, as the interpreter does it
  kExitIf,     // leave for imm if a and b are in this relation
  kExit,       // leave for imm
  kExitTo,     // leave for the address a
};

enum class Relation : uint8_t { kEq, kNe, kLt, kGe, kLtU, kGeU };
enum class AmoKind : uint8_t {
  kSwap, kAdd, kXor, kAnd, kOr, kMin, kMax, kMinU, kMaxU,
  kReserve,      // a load that makes a reservation; b is not looked at
  kConditional,  // a store if the reservation holds -> 0; or not -> 1
};
// What Step may do beside its own work.
enum class StepKind : uint8_t {
  kGoesOn,  // the block goes on behind it, unless it trapped or the world changed
  kLeaves,  // nothing follows
};

// What a guard makes sure of: floating-point registers may be read; or written too, and results rounded.
enum class FloatUse : uint8_t { kNone, kReads, kWrites };
// Registers of the guest's operating system that hold what was put there: the system slots, which are no others' slots.
enum class SystemSlot : uint8_t { kStatus, kScratch, kEpc, kCause, kTval };
inline constexpr unsigned kSystemSlotCount = 5;
// f.sign: a with the sign of b, with the other one, with the two signs' exclusive or.
enum class SignKind : uint8_t { kSame, kOpposite, kXor };
// The integer of a conversion.
enum class IntKind : uint8_t { kI32, kI64, kU32, kU64 };
inline constexpr uint8_t kTowardZero = 4;
inline constexpr uint8_t kNegateProduct = 1, kNegateAddend = 2;

using Value = uint16_t;  // the index of the instruction that defines it
inline constexpr Value kNoValue = 0xffff;

struct Inst {
  Opcode op = Opcode::kConst;
  uint8_t width = 8;     // bytes of memory; of a floating-point result or, where there is none, operand: 4 or 8
  uint8_t detail = 0;    // Relation, AmoKind, StepKind, FloatUse, SignKind, IntKind; loads: 1 sign-extends; f.get: 1 takes
                         // the bits as they are; f.fma: kNegateProduct, kNegateAddend; f.to_int: kTowardZero too
  uint8_t slot = 0;
  uint16_t step = 0;     // the guest instruction, counted in the block, that this is a part of
  Value a = kNoValue, b = kNoValue, c = kNoValue;
  int64_t imm = 0;
};

// Where a guest instruction lies, from the start of its page; and its encoding.
struct Point {
  uint16_t offset = 0;
  uint8_t length = 4;
  uint32_t raw = 0;
};

struct Block {
  std::vector<Inst> insts;
  std::vector<Point> points;  // of each step

  uint16_t step_count() const { return static_cast<uint16_t>(points.size()); }
};

struct OpcodeInfo {
  const char* mnemonic;
  Kind kind;
};
const OpcodeInfo& info_of(Opcode op);
inline Kind kind_of(const Inst& i) { return info_of(i.op).kind; }

// Which operands, in order a, b, c, and whether it defines a value.
unsigned operand_count(Kind kind);
bool has_result(Kind kind);
bool is_float_operand(Kind kind, unsigned operand);
bool is_float_result(Kind kind);
// Has effects beyond its result: stays even when nobody uses that.
bool has_effects(Kind kind);
// The interpreter may do the whole guest instruction in its place, and so set the instruction's slot itself.
bool may_be_interpreted(Kind kind);
// May leave the block in the middle, with all slots as the guest has them then.
bool may_leave(Kind kind);

}  // namespace recount::ir
