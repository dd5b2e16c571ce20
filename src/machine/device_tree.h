#pragma once
// The flattened device tree that tells a kernel or firmware what board this is.

#include <array>
#include <string>

#include "base/bytes.h"

namespace recount {

struct BoardDescription {
  uint64_t ram_bytes = 0;
  std::string append;                      // the kernel command line
  uint64_t initrd_begin = 0, initrd_end = 0;  // guest physical; equal: none
  std::array<uint8_t, 32> rng_seed{};      // without one, Linux spends thousands of steps a syscall
  std::string mmu = "sv39";                // or "sv48"
  unsigned hart_count = 1;
};

Bytes build_device_tree(const BoardDescription& board);

}  // namespace recount
