#pragma once
// Processes of our own: forked, never exec'd, named for ps(1), reaped by whoever asks.

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"

namespace recount {

// Runs body in a child, which exits with what body returns; no destructor of the parent's objects runs there.
// name shows in ps. Returns the child's pid.
Result<int> fork_process(const std::string& name, const std::function<int()>& body);

struct ProcessEnd {
  int pid = 0;
  int exit_code = -1;  // -1 if a signal ended it
  int signal = 0;
};
// A child (or an adopted grandchild) that has ended, if there is one.
std::optional<ProcessEnd> reap();

// Grandchildren whose parent dies become ours, so that none is left behind.
void adopt_orphans();
// Children that end are not to be reaped: nothing is left of them.
void forget_children();
int own_pid();
// This process is killed when its parent dies.
void die_with_parent();
// SIGKILL; nothing if it is gone already.
void kill_process(int pid);

}  // namespace recount
