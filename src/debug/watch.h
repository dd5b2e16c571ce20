#pragma once
// What a debugger can watch: a range of guest physical memory.

#include <cstdint>

#include "base/address.h"

namespace recount {

enum class WatchFor : uint8_t {
  kChange,  // something of it becomes another
  kRead,    // a load
  kAccess,  // a load, or a store of whatever value
};

struct Watch {
  Gpa begin{};
  uint64_t size_bytes = 0;
  WatchFor what = WatchFor::kChange;
  bool operator==(const Watch&) const = default;
};

}  // namespace recount
