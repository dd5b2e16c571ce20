#include "hart/debug_stops.h"

#include <algorithm>

namespace recount {
namespace {

bool overlap(const DebugStops::Range& range, Gpa gpa, uint64_t size_bytes) {
  return raw(gpa) < raw(range.begin) + range.size_bytes && raw(range.begin) < raw(gpa) + size_bytes;
}

}  // namespace

void DebugStops::set(std::vector<uint64_t> pcs, std::vector<Range> ranges) {
  pcs_ = std::move(pcs);
  std::ranges::sort(pcs_);
  pages_.clear();
  for (uint64_t pc : pcs_) pages_.push_back(pc >> kPageShift);
  ranges_ = std::move(ranges);
  hits_.assign(ranges_.size(), false);
  at_breakpoint_ = accessed_ = false;
  passed_ = kNone;
}

bool DebugStops::breaks_in_page_of(uint64_t va) const { return std::ranges::binary_search(pages_, va >> kPageShift); }

bool DebugStops::stops_before(uint64_t pc, uint64_t step) {
  if (step == passed_ || !std::ranges::binary_search(pcs_, pc)) return false;
  passed_ = step;
  return at_breakpoint_ = true;
}

bool DebugStops::spies_on_loads_of(Gpa gpa) const {
  Gpa frame{raw(gpa) & ~kPageMask};
  return std::ranges::any_of(ranges_, [&](const Range& r) { return r.loads && overlap(r, frame, kPageSize); });
}

bool DebugStops::accessed(Gpa gpa, uint64_t size_bytes, bool is_write) {
  bool any = false;
  for (size_t i = 0; i < ranges_.size(); ++i) {
    bool wanted = is_write ? ranges_[i].stores : ranges_[i].loads;
    if (!wanted || !overlap(ranges_[i], gpa, size_bytes)) continue;
    any = hits_[i] = true;
  }
  accessed_ = accessed_ || any;
  return any;
}

DebugStops::Hits DebugStops::take() {
  Hits hits{at_breakpoint_, hits_};
  at_breakpoint_ = accessed_ = false;
  hits_.assign(ranges_.size(), false);
  return hits;
}

}  // namespace recount
