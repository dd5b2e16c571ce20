#pragma once
// Which floating-point values of a block are in which XMM register while it is emitted. Emits nothing: every set
// writes through, so a register is given up without a store, and who asks for a value that has none loads it from
// its slot. All sixteen registers are temporaries of the running block.

#include <array>
#include <optional>
#include <vector>

#include "engine/ir/ir.h"
#include "engine/x64/assembler.h"

namespace recount::x64 {

class FloatMap {
 public:
  void begin(const ir::Block& block);
  // Before instruction n: what it takes into use stays where it is until the next one.
  void begin_inst(size_t n);
  // Registers of values that nobody uses behind n are free again.
  void end_inst();

  // Where v is; it stays there for this instruction. nullopt: define() a register and load it from slot_of(v).
  std::optional<Xmm> find(ir::Value v);
  unsigned slot_of(ir::Value v) const;
  // A register for v. Operands that were found stay readable.
  Xmm define(ir::Value v);
  // A register of one's own until the next instruction.
  Xmm scratch();
  // True if a register has what a later instruction uses.
  bool any_lives_on() const;

  // The slot has v from here on; memory says so too.
  void set_slot(unsigned slot, ir::Value v, unsigned width);
  // The slot's value is v as well.
  void note_get(unsigned slot, ir::Value v) { slots_[v] |= 1u << slot; }
  // True if the upper half of the slot is all ones, as a set of this block left it.
  bool is_boxed(unsigned slot) const { return (boxed_ >> slot & 1) != 0; }
  // Slots and registers may hold anything now. No value lives across.
  void forget();

 private:
  static constexpr size_t kCount = 16;

  size_t take();

  size_t now_ = 0;
  const ir::Block* block_ = nullptr;
  std::vector<size_t> last_use_;
  std::vector<uint32_t> slots_;              // of each value: a bit for each slot that has it
  std::array<ir::Value, kCount> owner_{};    // of each register; kNoValue: free
  std::array<bool, kCount> locked_{};
  uint32_t boxed_ = 0;
};

}  // namespace recount::x64
