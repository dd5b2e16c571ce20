#pragma once
// Each time that a function is entered.

#include <array>

#include "debug/timeline.h"

namespace recount {

struct CallFound {
  Position position{};  // before the function's first instruction
  unsigned hart = 0;
  std::array<uint64_t, 4> arguments{};  // a0 to a3
  uint64_t return_address = 0;          // ra
};

// Of [from, to); function is a virtual address, in any address space. on_call: false is enough. on_progress
// as Hooks has it.
Result<void> find_calls(Timeline& timeline, uint64_t function, Position from, Position to,
                        const std::function<bool(const CallFound&)>& on_call,
                        const std::function<bool(Position)>& on_progress);

}  // namespace recount
