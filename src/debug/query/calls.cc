#include "debug/query/calls.h"

namespace recount {

Result<void> find_calls(Timeline& timeline, uint64_t function, Position from, Position to,
                        const std::function<bool(const CallFound&)>& on_call,
                        const std::function<bool(Position)>& on_progress) {
  Hooks hooks;
  hooks.pcs = {function};
  hooks.on_progress = on_progress;
  hooks.on_pc = [&](Position position, unsigned hart) {
    const auto& x = timeline.machine().hart(hart).x;
    return on_call({position, hart, {x[10], x[11], x[12], x[13]}, x[1]});
  };
  return timeline.scan(from, to, hooks);
}

}  // namespace recount
