#pragma once
// From somewhere in a recording on without it: the machine runs live, with the terminal as its console and
// disks that forget. What it does then never happened, and each end of it says so.

#include <string>
#include <vector>

#include "evidence/replayer.h"

namespace recount {

// "ADDRESS=BYTES": where, and what is to be there. ADDRESS is a virtual one as the hart whose turn it is maps
// it; BYTES are hexadecimal, in the order of addresses. kUsage if it is none, or there is no memory.
Result<void> patch_memory(Machine& machine, const std::string& patch);

// Runs until the guest ends, the user leaves (Ctrl-A x), or a signal to end comes; console output is the
// caller's. 0 if the guest powered off or the user left, 1 if the guest failed.
Result<int> divert(Replayer& replayer);

}  // namespace recount
