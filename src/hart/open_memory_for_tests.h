#pragma once
// What firmware leaves behind it, and where tests begin that start below M-mode.

#include "hart/hart_state.h"

namespace recount::test {

// The last PMP entry opens all memory to every mode.
inline void open_memory(HartState& hart) {
  constexpr uint8_t kNapot = 3 << 3, kAll = 7;
  hart.pmpcfg[kPmpEntryCount - 1] = kNapot | kAll;
  hart.pmpaddr[kPmpEntryCount - 1] = ~0ull >> (64 - kPmpAddressBits);
}

}  // namespace recount::test
