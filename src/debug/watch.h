#pragma once
// What a debugger can watch: accesses to ranges of guest physical memory. Values only.

#include <cstdint>

#include "base/address.h"

namespace recount {

enum class WatchKind : uint8_t { kWrite = 1, kRead = 2, kAccess = 3 };

struct Watch {
  Gpa begin{};
  uint64_t size_bytes = 0;
  WatchKind kind = WatchKind::kWrite;
  bool operator==(const Watch&) const = default;
};

}  // namespace recount
