#pragma once
// What a debugger can watch: whether a range of guest physical memory changes.

#include <cstdint>

#include "base/address.h"

namespace recount {

struct Watch {
  Gpa begin{};
  uint64_t size_bytes = 0;
  bool operator==(const Watch&) const = default;
};

}  // namespace recount
