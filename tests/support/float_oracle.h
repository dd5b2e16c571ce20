#pragma once
// What an F or D instruction must give, by MPFR and the words of its chapter: bits of the destination and flags. Shares no code
// with the hart.

#include <array>
#include <cstdint>

#include "isa/insn.h"

namespace recount::test {

struct FloatResult {
  uint64_t bits = 0;  // of the destination register, x or f
  uint8_t flags = 0;  // as fflags has them
  bool operator==(const FloatResult&) const = default;
};

// Of registers x (of rs1, for what moves or converts from there) and f[0] to f[2] (rs1 to rs3). rm: 0 to 4.
FloatResult float_result(Op op, unsigned rm, uint64_t x, const std::array<uint64_t, 3>& f);

}  // namespace recount::test
