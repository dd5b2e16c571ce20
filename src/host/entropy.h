#pragma once
#include <array>
#include <cstdint>

namespace recount {

// Fresh random bytes from the kernel: the one place where the machine's seed comes from.
std::array<uint8_t, 32> random_seed();

}  // namespace recount
