#pragma once
// Linux's context switches: each call of its __switch_to(previous, next).

#include "debug/query/task_names.h"
#include "debug/timeline.h"

namespace recount {

struct TaskSwitch {
  Position position{};  // before __switch_to's first instruction
  unsigned hart = 0;
  uint64_t previous = 0, next = 0;       // task_structs
  std::string previous_name, next_name;  // empty where names are not known
};

// In [from, to). kUnavailable if symbols have no __switch_to. on_switch: false is enough.
Result<void> find_task_switches(Timeline& timeline, const Symbols& symbols, const TaskNames& names,
                                Position from, Position to,
                                const std::function<bool(const TaskSwitch&)>& on_switch,
                                const std::function<bool(Position)>& on_progress);

}  // namespace recount
