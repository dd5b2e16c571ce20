#pragma once
// For the rare place where the outside world fails and no caller can be told: the guest has been promised already that
// this works.

#include "base/result.h"

namespace recount {

// Prints the error's one line and ends this process, with its kind as the exit code. No destructor runs: what the process
// has only half done, nobody sees.
[[noreturn]] void give_up(const Error& error);

}  // namespace recount
