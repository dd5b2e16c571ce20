#pragma once
// The tasks of a Linux kernel, as ps shows them.

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "debug/linux/linux_kernel.h"
#include "hart/hart_state.h"

namespace recount {

struct Task {
  uint64_t address = 0;  // of its task_struct
  int64_t pid = 0;       // as the first pid namespace has it
  int64_t process = 0;   // the pid of its process's first thread
  int64_t parent = 0;
  std::string name;      // the guest's word
  char state = '?';      // as in /proc/PID/stat: R, S, D, I, Z and so on
  bool kernel = false;   // a thread of the kernel's
  std::optional<uint64_t> hart;  // where it runs now; Linux's number of that processor
};

// The task_struct at this address. nullopt if it cannot be read.
std::optional<Task> task_at(const LinuxKernel& kernel, uint64_t address);

// Of the thread that runs on this hart, by what Linux keeps in tp and sscratch: 0 if that is no kernel's address.
uint64_t current_task(const HartState& hart);

struct TaskList {
  std::vector<Task> tasks;  // by pid
  bool whole = true;        // false: the kernel's list is broken, or endless
};
// All tasks but those that idle; with their threads or the first of each process only. kUnavailable if there is no such list.
Result<TaskList> list_tasks(const LinuxKernel& kernel, bool threads);

}  // namespace recount
