#pragma once
// Names of Linux's tasks (task_struct.comm), found without debug information: the first task is called
// "swapper", and its symbol is init_task, so where that word is in it is where every task has its name.

#include <optional>
#include <string>

#include "debug/guest_view.h"
#include "debug/symbols.h"

namespace recount {

class TaskNames {
 public:
  // Of the kernel that is in memory now. Knows no names where there is none.
  TaskNames(const GuestView& view, const Symbols& symbols);
  bool known() const { return offset_.has_value(); }
  // Of a task_struct in the kernel's part of view; '?' for what cannot be printed. Empty if it is not known.
  std::string name_of(const GuestView& view, uint64_t task) const;

 private:
  std::optional<uint64_t> offset_;
};

}  // namespace recount
