#pragma once
// The modules that a Linux kernel has loaded, and their symbols.

#include <string>
#include <vector>

#include "debug/linux/linux_kernel.h"

namespace recount {

// Of all that are loaded: each symbol with its module's name, and at the end of each of a module's pieces of memory one without a name.
// Empty if there is no module, or no kernel that tells its types.
std::vector<Symbol> module_symbols(const LinuxKernel& kernel);

}  // namespace recount
