#pragma once
// Several harts on one thread: they take turns on the one Hart that engine and Mmu know. Whose turn it is follows from
// the state alone, so it is the same wherever a run is cut. A turn ends after so many steps, or when the hart waits,
// pauses, stops, or has sent an interrupt to another. docs/adr/0007.

#include <string>
#include <vector>

#include "hart/hart.h"
#include "hart/timebase.h"

namespace recount {

class HartTurns {
 public:
  HartTurns(Hart& running, const Timebase& time, unsigned hart_count, uint64_t turn_steps);

  unsigned count() const { return static_cast<unsigned>(parked_.size()); }
  unsigned current() const { return current_; }
  HartState& operator[](unsigned hart) { return hart == current_ ? running_.state : parked_[hart]; }
  const HartState& operator[](unsigned hart) const { return hart == current_ ? running_.state : parked_[hart]; }

  // Before a step: gives the turn to whom it belongs here. Asked again, it changes nothing. False, and nothing changed, if
  // every hart waits. The harts' lines must be those of here.
  bool give();
  // The turn is over with the last step.
  void end() { turn_end_ = time_.steps; }
  uint64_t turn_end() const { return turn_end_; }

  // Each hart whole: whose turn it is makes no difference to how one is written.
  template <class Archive>
  void state(Archive& a) {
    a("current_hart", current_);
    a("turn_end", turn_end_);
    for (unsigned hart = 0; hart < count(); ++hart) a("hart" + std::to_string(hart), (*this)[hart]);
  }
  // After state() was loaded: a hart knows its number, which is not written.
  void restored();
  // False for a restored state that no machine comes to.
  bool possible() const;

 private:
  bool can_run(const HartState& hart) const;
  void switch_to(unsigned next);

  Hart& running_;
  const Timebase& time_;
  const uint64_t turn_steps_;
  std::vector<HartState> parked_;  // the current one's place here means nothing
  uint32_t current_ = 0;
  uint64_t turn_end_;  // a position
};

}  // namespace recount
