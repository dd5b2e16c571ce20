#pragma once
// What a case left behind, and how two results differ.

#include <string>
#include <vector>

#include "base/bytes.h"
#include "differential/case.h"

namespace recount::differential {

enum class Watchdog { kSlept, kBoth, kOne };

struct Differences {
  std::vector<std::string> lines;
  // A case that the watchdog had to end is only compared up to there. Where it finds a loop differs; and one that ends after very
  // many traps it may find on one side only, because QEMU's clock does not count what traps.
  Watchdog watchdog = Watchdog::kSlept;
};

// Nothing, if there is no difference but what is known to differ in that QEMU.
Differences differences(const Case& c, const Oracle& oracle, ByteView ours, ByteView theirs);

// What both sides started from, for a human: the segments' code and where they run.
std::string describe(const Case& c);

}  // namespace recount::differential
