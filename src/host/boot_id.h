#pragma once
// Which boot of the host this is: as long as it is the same, the page cache still has what any process wrote,
// even one that was killed.

#include <array>
#include <cstdint>

namespace recount {

using BootId = std::array<uint8_t, 16>;
// All zero if the host does not tell; that equals no boot.
BootId boot_id();

}  // namespace recount
