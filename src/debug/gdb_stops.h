#pragma once
// The breakpoints and watchpoints of a client, which names virtual addresses, as a timeline waits for them. A watchpoint on a user
// address stays with the memory it was set on while other processes run, though gdb takes it away and sets it again at each stop.

#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "debug/guest_view.h"
#include "debug/rsp/request.h"
#include "debug/timeline.h"

namespace recount {

class GdbStops {
 public:
  static bool supports(const rsp::ChangeStop& stop) { return stop.type <= kAccess; }
  // False if nothing is mapped there. stop is supported.
  bool change(const rsp::ChangeStop& stop, const GuestView& view);
  // A continue, not a step: what gdb has not set again by now has been deleted.
  void forget_deleted();
  void clear();
  std::vector<uint64_t> breakpoints() const;
  std::vector<Watch> watches() const;
  // "watch:ADDRESS;" or the like as a stop reply has it, for a hit of one of watches().
  std::string reply_to(const WatchHit& hit) const;

 private:
  static constexpr unsigned kWrite = 2, kRead = 3, kAccess = 4;  // Z2, Z3, Z4
  static WatchFor watch_for(unsigned type);
  using Key = std::tuple<unsigned, uint64_t, uint64_t>;  // type, address, size
  struct Part {
    uint64_t va;
    Watch watch;
  };
  struct Watched {
    bool set = false;
    std::vector<Part> parts;  // one a page
  };
  std::map<Key, Watched> watched_;
  std::multimap<uint64_t, unsigned> breakpoints_;  // pc, type
};

}  // namespace recount
