#pragma once
// All names that a guest's Linux kernel gives its addresses: its own, and those of its modules.

#include "debug/linux/linux_kernel.h"
#include "debug/symbols.h"
#include "machine/machine.h"

namespace recount {

// As memory is now. Empty if no kernel with such tables is there; modules are left out if it does not tell its types.
Symbols kernel_symbols(Machine& machine);

}  // namespace recount
