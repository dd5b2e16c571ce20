#pragma once
// Where a debugger wants the machine to stop: before instructions at given addresses, and behind accesses to given memory. Asked by
// whoever fetches, loads and stores; nothing of it can be seen by the guest.

#include <cstdint>
#include <vector>

#include "base/address.h"

namespace recount {

class DebugStops {
 public:
  struct Range {  // of guest physical memory
    Gpa begin{};
    uint64_t size_bytes = 0;
    bool loads = false, stores = true;  // which accesses stop
  };
  // pcs are virtual, in any address space.
  void set(std::vector<uint64_t> pcs, std::vector<Range> ranges);
  const std::vector<Range>& ranges() const { return ranges_; }

  // No translation of this page may be cached for fetches: its instructions run one by one.
  bool breaks_in_page_of(uint64_t va) const;
  // The instruction at pc is about to run in this step. True: it must not.
  bool stops_before(uint64_t pc, uint64_t step);
  // No translation of this frame may be cached for loads.
  bool spies_on_loads_of(Gpa gpa) const;
  // True if a range has part in it: the machine stops behind the instruction.
  bool accessed(Gpa gpa, uint64_t size_bytes, bool is_write);

  // The instruction of this step runs, whatever stands at its pc: the debugger has just been there.
  void pass(uint64_t step) { passed_ = step; }

  bool hit() const { return at_breakpoint_ || accessed_; }
  // What made it stop.
  struct Hits {
    bool breakpoint = false;
    std::vector<bool> ranges;
  };
  // They are forgotten, and the breakpoint is passed.
  Hits take();

 private:
  static constexpr uint64_t kNone = ~0ull;

  std::vector<uint64_t> pcs_, pages_;  // sorted
  std::vector<Range> ranges_;
  uint64_t passed_ = kNone;
  bool at_breakpoint_ = false, accessed_ = false;
  std::vector<bool> hits_;  // by range
};

}  // namespace recount
