#include "debug/query/task_switches.h"

namespace recount {

Result<void> find_task_switches(Timeline& timeline, const Symbols& symbols, const TaskNames& names,
                                Position from, Position to,
                                const std::function<bool(const TaskSwitch&)>& on_switch,
                                const std::function<bool(Position)>& on_progress) {
  auto function = symbols.address_of("__switch_to");
  if (!function)
    return fail(ErrorKind::kUnavailable, "sched: no Linux kernel with symbols is in this evidence");
  Hooks hooks;
  hooks.pcs = {*function};
  hooks.on_progress = on_progress;
  hooks.on_pc = [&](Position position, unsigned n) {
    Machine& machine = timeline.machine();
    const HartState& hart = machine.hart(n);
    const GuestView view(machine.ram(), supervisor_space_of(hart));
    const uint64_t previous = hart.x[10], next = hart.x[11];
    return on_switch({position, n, previous, next, names.name_of(view, previous), names.name_of(view, next)});
  };
  return timeline.scan(from, to, hooks);
}

}  // namespace recount
