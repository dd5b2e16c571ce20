#pragma once
// A Linux kernel's tasks and their memory, as lines for people.

#include <string>

#include "debug/linux/mappings.h"
#include "debug/linux/tasks.h"

namespace recount {

// A line a task, with a head: pid, parent, state, hart, name. kUnavailable as list_tasks().
Result<std::string> tasks_text(const LinuxKernel& kernel, bool threads);

// A line a mapping, as /proc/PID/maps has them, without device and inode. task: the address of a task_struct. kUnavailable as mappings_of().
Result<std::string> mappings_text(const LinuxKernel& kernel, uint64_t task);

}  // namespace recount
