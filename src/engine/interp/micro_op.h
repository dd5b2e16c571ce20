#pragma once
// A predecoded instruction: its handler and operands. Handlers run in a chain: each calls the next, so a
// block needs no dispatch loop; the last one returns to the interpreter.

#include <cstdint>

#include "hart/hart.h"
#include "isa/insn.h"

namespace recount::interp {

struct MicroOp;
struct Context;
using Handler = void (*)(Context&, const MicroOp*);

struct MicroOp {
  Handler run;
  uint32_t raw;     // as fetched, for mtval
  int32_t imm;      // of branches and jal: from the block's start
  uint16_t offset;  // of the instruction, from the block's start
  uint8_t length;
  uint8_t rd;  // kDiscardRegister instead of x0
  uint8_t rs1, rs2, rs3;
  uint8_t rm;
};

enum class Outcome : uint8_t { kContinue, kTrap, kAttention, kSbiCall };

// What a chain of handlers works on.
struct Context {
  Hart& hart;
  Timebase& time;
  uint64_t* x;
  uint64_t pc = 0;                 // of the block's start
  const MicroOp* first = nullptr;  // the first op that time.steps does not count yet
  const MicroOp* last = nullptr;   // the op that ended the chain
  uint64_t next_pc = 0;
  Outcome outcome = Outcome::kContinue;
  Trap trap{};

  uint64_t pc_of(const MicroOp* op) const { return pc + op->offset; }
  // Makes time.steps exact before op: whatever reads time or counters needs it.
  void sync(const MicroOp* op) {
    time.steps += static_cast<uint64_t>(op - first);
    first = op;
  }
  void end(const MicroOp* op, uint64_t to, Outcome how = Outcome::kContinue) {
    last = op;
    next_pc = to;
    outcome = how;
  }
  void raise(const MicroOp* op, Trap t) {
    trap = t;
    end(op, pc_of(op), Outcome::kTrap);
  }
  void raise_illegal(const MicroOp* op) { raise(op, {Cause::kIllegal, op->raw}); }
  // Behind op, for instructions after which the world may look different.
  void leave(const MicroOp* op, Outcome how = Outcome::kAttention) { end(op, pc_of(op) + op->length, how); }
};

inline void next(Context& c, const MicroOp* op) { return op[1].run(c, op + 1); }

// The handler of each Op. Filled once from the five groups.
struct HandlerTable {
  static constexpr size_t kSize = 512;
  Handler handlers[kSize] = {};
  Handler& operator[](Op op) { return handlers[static_cast<size_t>(op)]; }
  Handler operator[](Op op) const { return handlers[static_cast<size_t>(op)]; }
};
const HandlerTable& handler_table();
void install_integer(HandlerTable& t);
void install_memory(HandlerTable& t);
void install_atomic(HandlerTable& t);
void install_float(HandlerTable& t);
void install_system(HandlerTable& t);

// Ends a chain that no instruction ends.
void fall_through(Context& c, const MicroOp* op);

// True if nothing may follow op in a block.
bool ends_block(Op op);

// insn, at this offset of a block.
MicroOp predecode(const Insn& insn, uint16_t offset);

}  // namespace recount::interp
