#pragma once
// What this host has.

#include <cstdint>

namespace recount {

bool has_fma();
uint64_t available_memory_bytes();  // 0 if unknown

}  // namespace recount
