#pragma once
// Whether a block is well formed. Run after every pass in debug builds, and by the tests always.

#include <optional>
#include <string>

#include "engine/ir/ir.h"

namespace recount::ir {

// What is wrong, with the instruction's index; nullopt if nothing is.
std::optional<std::string> verify(const Block& block);

}  // namespace recount::ir
