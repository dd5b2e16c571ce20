#pragma once
// Values that a pass found to be others.

#include <vector>

#include "engine/ir/ir.h"

namespace recount::ir {

// Each operand v of i becomes renamed[v].
inline void rename_operands(Inst& i, const std::vector<Value>& renamed) {
  for (Value* v : {&i.a, &i.b, &i.c}) {
    if (*v != kNoValue) *v = renamed[*v];
  }
}

}  // namespace recount::ir
