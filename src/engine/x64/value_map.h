#pragma once
// Where the values of a block are while it is emitted: in one of the temporary registers, in a slot's pin or
// memory (every set writes through, so a slot that was not set again still has the value), or spilled. A value that
// lives from one guest instruction to another is always in a slot too: only parts of one are ever spilled.

#include <array>
#include <vector>

#include "engine/ir/ir.h"
#include "engine/x64/layout.h"

namespace recount::x64 {

class ValueMap {
 public:
  ValueMap(Assembler& a, const Layout& layout) : a_(a), l_(layout) {}

  void begin(const ir::Block& block);
  // Before instruction n: what it takes into use stays where it is until the next one.
  void begin_inst(size_t n);
  // Temporaries of values that nobody uses behind n are free again.
  void end_inst();

  bool is_constant(ir::Value v) const { return block_->insts[v].op == ir::Opcode::kConst; }
  int64_t constant(ir::Value v) const { return block_->insts[v].imm; }
  bool fits_imm32(ir::Value v) const { return is_constant(v) && constant(v) == static_cast<int32_t>(constant(v)); }
  bool used_later(ir::Value v) const { return last_use_[v] > now_; }

  // v in a register. Not to be written.
  Gpr reg(ir::Value v);
  // True if v is only in memory, where an instruction can use it as well; then reading it from mem() is best.
  bool in_memory(ir::Value v) const;
  Mem mem(ir::Value v) const;
  // A register for the result v: a pin if the slot is set from it next. Operands stay readable until it is written.
  Gpr define(ir::Value v);
  // The same when source dies here and lies in a temporary: that one.
  Gpr define_over(ir::Value v, ir::Value source);
  // A register of one's own until the next instruction.
  Gpr scratch();
  // This very register, free, until the next instruction.
  void claim(Gpr r);
  // A register that this instruction does not need any more.
  void release(Gpr r);
  void release_all() { locked_.fill(false); }

  // The slot has v from here on; its pin or memory is written.
  void set_slot(unsigned slot, ir::Value v);
  // The slot's value is v without more ado.
  void note_get(unsigned slot, ir::Value v);
  // Slots may hold anything now. No value lives across.
  void forget_slots();

 private:
  static constexpr int kNowhere = -1;
  struct Place {
    int temp = kNowhere;  // index into kTemps
    uint32_t slots = 0;   // a bit for each that still has it
    int spill = kNowhere;
  };

  int take_temp();
  void evict(int temp);
  void put_in_temp(ir::Value v, int temp);
  // The slot is about to change: what only lives there moves.
  void preserve(unsigned slot);
  void load(ir::Value v, Gpr to);
  // One of the slots that have v, a pinned one if there is one.
  unsigned best_slot(ir::Value v) const;
  void bind(unsigned slot, ir::Value v);
  Gpr from_index(int temp) const { return kTemps[static_cast<size_t>(temp)]; }

  Assembler& a_;
  const Layout& l_;
  const ir::Block* block_ = nullptr;
  size_t now_ = 0;
  std::vector<size_t> last_use_;
  std::vector<Place> places_;
  std::array<ir::Value, kTemps.size()> owner_{};  // of each temporary; kNoValue: free
  std::array<bool, kTemps.size()> locked_{};
  std::array<ir::Value, 32> slot_value_{};
  std::array<bool, kSpillCount> spilled_{};
};

}  // namespace recount::x64
