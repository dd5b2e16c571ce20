#pragma once
// Linux's maple trees: ranges of numbers, each with an entry. include/linux/maple_tree.h of Linux 6.12.

#include <functional>

#include "debug/linux/linux_kernel.h"

namespace recount {

// Each entry of the tree at this address (struct maple_tree), in order, that is not empty; false ends it. False if the tree is broken, or
// has more than some hundred thousand nodes.
bool each_in_maple_tree(const LinuxKernel& kernel, uint64_t tree, const std::function<bool(uint64_t entry)>& visit);

}  // namespace recount
