#include <array>

#include "engine/ir/passes/passes.h"
#include "engine/ir/passes/rename.h"

namespace recount::ir {
namespace {

constexpr size_t kSlots = 32;

// A float slot as a double, as a single that was checked or made here, and as the raw bits of a single.
struct Known {
  std::array<Value, kSlots> ints, doubles, singles, raw_singles;
  void forget() {
    for (auto* kind : {&ints, &doubles, &singles, &raw_singles}) kind->fill(kNoValue);
  }
};

}  // namespace

void forward_slots(Block& block) {
  Known known;
  known.forget();
  std::vector<Value> same(block.insts.size());
  for (size_t n = 0; n < block.insts.size(); ++n) {
    Inst& i = block.insts[n];
    rename_operands(i, same);
    same[n] = static_cast<Value>(n);
    auto forward = [&](Value& held) {
      if (held == kNoValue) {
        held = static_cast<Value>(n);
      } else {
        same[n] = held;  // remove_dead() takes the get away
      }
    };
    switch (i.op) {
      case Opcode::kGet: forward(known.ints[i.slot]); break;
      case Opcode::kSet: known.ints[i.slot] = i.a; break;
      case Opcode::kFGet:
        forward(i.width == 8 ? known.doubles[i.slot] : i.detail != 0 ? known.raw_singles[i.slot] : known.singles[i.slot]);
        break;
      case Opcode::kFSet:
        // What was written in one width is read in the other from memory: the bits above differ.
        known.doubles[i.slot] = i.width == 8 ? i.a : kNoValue;
        known.singles[i.slot] = i.width == 4 ? i.a : kNoValue;
        known.raw_singles[i.slot] = i.a;
        break;
      case Opcode::kStep: known.forget(); break;
      default: break;
    }
  }
}

}  // namespace recount::ir
