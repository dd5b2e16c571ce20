#include "base/check.h"
#include "base/paranoid.h"
#include "engine/ir/passes/passes.h"
#include "engine/ir/verify.h"

namespace recount::ir {

// What is not sound must never become host code: a guest chooses the block. Which pass broke it, a paranoid build tells.
void optimise(Block& block) {
  if constexpr (kParanoid) CHECK(!verify(block));
  for (auto pass : {forward_slots, fold_constants, remove_dead}) {
    pass(block);
    if constexpr (kParanoid) CHECK(!verify(block));
  }
  CHECK(!verify(block));
}

}  // namespace recount::ir
