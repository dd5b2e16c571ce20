#include "base/check.h"
#include "engine/ir/passes/passes.h"
#include "engine/ir/verify.h"

namespace recount::ir {
namespace {

void check([[maybe_unused]] const Block& block) {
#ifndef NDEBUG
  CHECK(!verify(block));
#endif
}

}  // namespace

void optimise(Block& block) {
  for (auto pass : {forward_slots, fold_constants, remove_dead}) {
    pass(block);
    check(block);
  }
}

}  // namespace recount::ir
