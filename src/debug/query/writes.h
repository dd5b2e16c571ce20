#pragma once
// Each change of a range of memory.

#include "debug/guest_view.h"
#include "debug/timeline.h"

namespace recount {

// A range, as the watches that cover it: one for each page, with the address by which it was asked for.
struct WatchedRange {
  uint64_t address = 0;
  std::vector<Watch> watches;
};

// The most that can be asked for at once, in bytes.
inline constexpr uint64_t kMostWatched = 1 << 16;
// Values of so many bytes are told whole; of longer ones, what changed.
inline constexpr uint64_t kMostWhole = 16;

// address is virtual in view; without translation, physical. kUsage if the range is empty, too large, or not
// all of it RAM.
Result<WatchedRange> watched_range(const GuestView& view, uint64_t address, uint64_t size_bytes);

struct WriteFound {
  Position before{};  // the step from here changed it
  unsigned hart =
      0;            // whose step it was; an event that brings data (a disk's) may have changed it at its end
  uint64_t pc = 0;  // virtual
  uint64_t address = 0;        // of the values below, in the address space asked for
  Gpa gpa{};                   // of the same
  Bytes old_value, new_value;  // whole; or from the first byte that changed to the last
  bool in_event = false;       // an event at the end of the step brings data
};

// False: enough.
using OnWrite = std::function<bool(const WriteFound&)>;

// Every change in [from, to). on_progress as Hooks has it.
Result<void> find_writes(Timeline& timeline, const WatchedRange& range, Position from, Position to,
                         const OnWrite& on_write, const std::function<bool(Position)>& on_progress);

}  // namespace recount
