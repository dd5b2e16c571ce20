#pragma once
// A case: what the harness (harness.S) is told to run. Random, made from the decoder's own table; the same seed gives the same
// case for the same QEMU.

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "differential/exceptions.h"
#include "differential/layout.h"

namespace recount::differential {

enum class CaseCsr : size_t {
#define CASE_CSR(name, number) name,
#include "differential/csrs.inc"
#undef CASE_CSR
};

struct Segment {
  uint64_t pc = 0, mstatus = 0, mie = 0, mip = 0;
  uint64_t code = 0, code_end = 0;  // in the arena
};

struct Case {
  uint64_t seed = 0;
  std::array<uint64_t, CASE_CSR_COUNT> csrs{};
  std::array<Segment, SEGMENT_COUNT> segments{};
  std::array<uint64_t, 32> x{}, f{};
  Bytes arena;

  uint64_t& csr(CaseCsr which) { return csrs[static_cast<size_t>(which)]; }
};

Case make_case(uint64_t seed, const Oracle& oracle);

// Where in the arena the code at that pc is, if it is a segment's.
std::optional<uint64_t> arena_offset_of_code(uint64_t pc);

// As the harness reads it.
Bytes layout_of(const Case& c);

}  // namespace recount::differential
