#pragma once
// Positions as people write them: a step count, "end", "-3s" (of guest time before the end), "50%",
// "event:12" or the name of a mark.

#include "evidence/replayer.h"

namespace recount {

// Of this replay, which must not have run yet. kUsage if text is no position, or lies outside of the
// evidence.
Result<Position> position_of(const std::string& text, Replayer& replayer, uint64_t guest_time_end_ticks);

}  // namespace recount
