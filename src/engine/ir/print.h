#pragma once
// A block as text, an instruction a line: for logs, tests and people.

#include <string>

#include "engine/ir/ir.h"

namespace recount::ir {

// Such as "%4 = load.4s %1 + 16". A step's first instruction is preceded by a line that names it.
std::string print(const Block& block);

}  // namespace recount::ir
