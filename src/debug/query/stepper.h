#pragma once
// Evidence instruction by instruction, for the questions that need each of them. Some millions of steps a
// second; who asks for less takes Timeline::scan().

#include <functional>
#include <optional>

#include "evidence/replayer.h"
#include "isa/insn.h"

namespace recount {

// One step of one hart: an instruction, or the entry of an interrupt's handler.
struct Step {
  Position before{};  // the machine is at before + 1 when it is told
  unsigned hart = 0;
  uint64_t pc = 0;  // virtual, as privilege and satp were before the step
  Privilege privilege = Privilege::kMachine;
  uint64_t satp = 0;
  // What it entered a handler for: mcause or scause, with the interrupt bit. nullopt: an instruction that was
  // carried out.
  std::optional<uint64_t> trap;
  bool is_interrupt() const { return trap && *trap >> 63 != 0; }
};

// The instruction at a step's pc, as memory has it now. Illegal if there is no memory at pc.
Insn instruction_of(Machine& machine, const Step& step);

// What is told of each step in [from, to), and each million steps where it is. False from either: enough.
struct StepHooks {
  std::function<bool(const Step&)> on_step;
  std::function<bool(Position)> on_progress;  // may be empty
};

// Runs on to from without a word, and then to to. kDiverged if the evidence does not replay.
Result<void> for_each_step(Replayer& replayer, Position from, Position to, const StepHooks& hooks);

}  // namespace recount
