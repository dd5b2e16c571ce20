#pragma once
// Passes: each a free function from a well-formed block to a better one that does the same.

#include "engine/ir/ir.h"

namespace recount::ir {

// A get of a slot whose value is known in the block becomes that value.
void forward_slots(Block& block);
// Operations on constants, and ones that change nothing, become their results.
void fold_constants(Block& block);
// Sets that are overwritten before anybody can see them, and values that nobody uses, go.
void remove_dead(Block& block);

// All of them, in their order.
void optimise(Block& block);

}  // namespace recount::ir
