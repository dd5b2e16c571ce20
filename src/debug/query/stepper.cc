#include "debug/query/stepper.h"

#include <array>

#include "debug/guest_view.h"

namespace recount {
namespace {

constexpr uint64_t kProgressEvery = 1'000'000;

Result<void> run_to(Replayer& replayer, Position target) {
  if (auto diverged = replayer.run_until(target)) return fail_diverged(*diverged);
  return {};
}

// What of a hart tells afterwards whose step it was, and what it did.
struct Stood {
  uint64_t pc, satp, retired;
  Privilege privilege;
};

// The count of a hart that is not running lacks the position (src/machine/hart_turns.cc).
uint64_t retired_of(Machine& machine, const HartState& hart) {
  return (hart.hart_id == machine.hart().hart_id ? raw(machine.at()) : 0) - hart.unretired;
}

}  // namespace

Insn instruction_of(Machine& machine, const Step& step) {
  const GuestView view(machine.ram(), AddressSpace{step.privilege == Privilege::kMachine ? 0 : step.satp});
  auto low = view.read<uint16_t>(step.pc);
  if (!low) return {};
  if ((*low & 3) != 3) return decode(*low);
  auto high = view.read<uint16_t>(step.pc + 2);
  return high ? decode(static_cast<uint32_t>(*high) << 16 | *low) : Insn{};
}

Result<void> for_each_step(Replayer& replayer, Position from, Position to, const StepHooks& hooks) {
  Machine& machine = replayer.machine();
  while (replayer.at() < from) {
    TRY(run_to(replayer, std::min(from, replayer.at() + kProgressEvery)));
    if (hooks.on_progress && !hooks.on_progress(replayer.at())) return {};
  }
  std::array<Stood, Machine::kMostHarts> stood{};
  while (replayer.at() < to) {
    const Position before = replayer.at();
    for (unsigned n = 0; n < machine.hart_count(); ++n) {
      const HartState& hart = machine.hart(n);
      stood[n] = {hart.pc, hart.satp, retired_of(machine, hart), hart.privilege};
    }
    TRY(run_to(replayer, before + 1));
    if (replayer.at() == before) break;  // the evidence ends where every hart waits
    // The turn is still that of the hart that made the step.
    const HartState& hart = machine.hart();
    const Stood& was = stood[hart.hart_id];
    Step step{.before = before,
              .hart = static_cast<unsigned>(hart.hart_id),
              .pc = was.pc,
              .privilege = was.privilege,
              .satp = was.satp,
              .trap = {}};
    if (retired_of(machine, hart) == was.retired)
      step.trap = hart.privilege == Privilege::kMachine ? hart.mcause : hart.scause;
    if (!hooks.on_step(step)) return {};
    if (raw(replayer.at()) % kProgressEvery == 0 && hooks.on_progress && !hooks.on_progress(replayer.at()))
      return {};
  }
  return {};
}

}  // namespace recount
