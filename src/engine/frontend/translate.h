#pragma once
// The guest front end: RV64 code of one page, to a block of IR.

#include "base/bytes.h"
#include "engine/ir/ir.h"

namespace recount::frontend {

struct Limits {
  unsigned most_steps = 64;
};

// The code at this offset of a page, whose bytes are page (a whole page). Slots 0 to 31 are the x registers and,
// for the f operations, the f registers. Empty if not even one instruction lies wholly in the page.
ir::Block translate(ByteView page, uint16_t offset, Limits limits);

}  // namespace recount::frontend
