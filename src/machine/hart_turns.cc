#include "machine/hart_turns.h"

namespace recount {

HartTurns::HartTurns(Hart& running, const Timebase& time, unsigned hart_count, uint64_t turn_steps)
    : running_(running), time_(time), turn_steps_(turn_steps), parked_(hart_count), turn_end_(turn_steps) {
  restored();
}

void HartTurns::restored() {
  for (unsigned hart = 0; hart < count(); ++hart) (*this)[hart].hart_id = hart;
}

bool HartTurns::can_run(const HartState& hart) const {
  return !hart.stopped && (!hart.waiting || (pending_interrupts(hart, time_.ticks()) & hart.mie) != 0);
}

bool HartTurns::give() {
  bool over = running_.state.paused || time_.steps >= turn_end_;
  if (!over && can_run(running_.state)) return true;
  for (unsigned n = 1; n <= count(); ++n) {
    unsigned next = (current_ + n) % count();
    if (!can_run((*this)[next])) continue;
    running_.state.paused = false;
    if (next != current_) switch_to(next);
    turn_end_ = time_.steps + turn_steps_;
    return true;
  }
  return false;
}

void HartTurns::switch_to(unsigned next) {
  HartState& s = running_.state;
  // Whatever the others store meanwhile: the SC of this hart fails, and it tries again with a whole turn before it.
  s.reserved = false;
  // While it is parked, unretired lacks the position: so the steps of the others come to be counted in it.
  s.unretired -= time_.steps;
  const HartState& to = parked_[next];
  // Translations are cached by root and mode, for all harts; only PMP, too, decides about them.
  bool protected_alike = s.pmpcfg == to.pmpcfg && s.pmpaddr == to.pmpaddr;
  parked_[current_] = s;
  s = to;
  s.unretired += time_.steps;
  current_ = next;
  if (protected_alike) {
    running_.mmu.update_context();
  } else {
    running_.mmu.flush();
  }
}

bool HartTurns::possible() const {
  if (current_ >= count() || turn_end_ > time_.steps + turn_steps_) return false;
  for (unsigned hart = 0; hart < count(); ++hart) {
    if (!(*this)[hart].possible()) return false;
  }
  return true;
}

}  // namespace recount
