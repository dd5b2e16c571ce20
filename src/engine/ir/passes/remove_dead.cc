#include <bitset>

#include "engine/ir/passes/passes.h"
#include "engine/ir/passes/rename.h"

namespace recount::ir {

void remove_dead(Block& block) {
  size_t count = block.insts.size();
  std::vector<bool> keep(count);
  std::vector<bool> used(count);
  std::bitset<32> overwritten, float_overwritten;  // before anybody can look
  for (size_t n = count; n-- > 0;) {
    const Inst& i = block.insts[n];
    Kind kind = kind_of(i);
    if (may_leave(kind)) {
      overwritten.reset();
      float_overwritten.reset();
    }
    if (kind == Kind::kSet || kind == Kind::kFSet) {
      auto& dead = kind == Kind::kSet ? overwritten : float_overwritten;
      // A value that is used later keeps its slot: that is where an emitter without a free register finds it again.
      // And what the interpreter may have set must be known to be set.
      keep[n] = !dead[i.slot] || used[i.a] || may_be_interpreted(kind_of(block.insts[i.a]));
      dead.set(i.slot);
    } else if (kind == Kind::kGet || kind == Kind::kFGet) {
      keep[n] = used[n];
      if (keep[n]) (kind == Kind::kGet ? overwritten : float_overwritten).reset(i.slot);
    } else {
      keep[n] = used[n] || has_effects(kind);
    }
    if (!keep[n]) continue;
    for (Value v : {i.a, i.b, i.c}) {
      if (v != kNoValue) used[v] = true;
    }
  }

  std::vector<Value> moved(count, kNoValue);
  size_t to = 0;
  for (size_t n = 0; n < count; ++n) {
    if (!keep[n]) continue;
    Inst i = block.insts[n];
    rename_operands(i, moved);
    moved[n] = static_cast<Value>(to);
    block.insts[to++] = i;
  }
  block.insts.resize(to);
}

}  // namespace recount::ir
