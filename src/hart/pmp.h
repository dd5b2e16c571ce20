#pragma once
// Physical memory protection. Privileged spec, "Physical Memory Protection".

#include <cstdint>

#include "hart/hart_state.h"

namespace recount {

enum class Access : uint8_t { kLoad = 0, kStore = 1, kFetch = 2 };

// Whether every byte of [address, address + size_bytes) may be accessed at this privilege.
bool pmp_allows(const HartState& hart, uint64_t address, uint64_t size_bytes, Access access, Privilege privilege);

// Whether all of the 4 KiB page answers alike, so that the answer may be cached for the page.
bool pmp_uniform_over_page(const HartState& hart, uint64_t address);

}  // namespace recount
