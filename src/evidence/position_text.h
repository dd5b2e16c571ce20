#pragma once
// Positions as people write them: a step count, "end", "-3s" (of guest time before the end), "50%",
// "event:12" or the name of a mark.

#include "evidence/replayer.h"

namespace recount {

// Of this replay, which must not have run yet. kUsage if text is no position, or lies outside of the
// evidence.
Result<Position> position_of(const std::string& text, Replayer& replayer, uint64_t guest_time_end_ticks);

// Of evidence that is replayed to and fro.
struct Window {
  Position begin, end;
  const std::vector<Event>& events;
  Timebase time_at_begin;
  uint64_t guest_time_end_ticks;
};
Result<Position> position_of(const std::string& text, const Window& window);

}  // namespace recount
