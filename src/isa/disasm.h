#pragma once
// Text of an instruction as objdump writes it with -M no-aliases, ABI register names; a compressed one as
// the instruction it expands to.

#include <cstdint>
#include <string>

#include "isa/insn.h"

namespace recount {

// "addi\tsp,sp,-16". pc makes branch targets absolute.
std::string disassemble(const Insn& insn, uint64_t pc);

}  // namespace recount
