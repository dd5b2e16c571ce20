#include "debug/query/writes.h"

#include <fmt/format.h>

#include <algorithm>

namespace recount {
namespace {

// In the step that leads to position.
bool data_came(const std::vector<Event>& events, Position position) {
  return std::ranges::any_of(std::ranges::equal_range(events, position, {}, &Event::position), brings_data);
}

}  // namespace

Result<WatchedRange> watched_range(const GuestView& view, uint64_t address, uint64_t size_bytes) {
  if (size_bytes == 0 || size_bytes > kMostWatched) {
    return fail(ErrorKind::kUsage, fmt::format("{} bytes: 1 to {} can be watched", size_bytes, kMostWatched));
  }
  WatchedRange range{address, {}};
  for (uint64_t done = 0; done < size_bytes;) {
    uint64_t part = std::min(size_bytes - done, kPageSize - ((address + done) & kPageMask));
    auto gpa = view.physical(address + done);
    if (!gpa || !view.ram().contains(*gpa, part))
      return fail(ErrorKind::kUsage,
                  fmt::format("{:#x}: no memory is mapped there", address + done));
    range.watches.push_back({*gpa, part});
    done += part;
  }
  return range;
}

namespace {

// The part of a watch that changed; but for its pc, which has been left when the change is seen.
WriteFound write_of(const WatchedRange& range, const WatchHit& hit, unsigned hart) {
  size_t begin = 0, end = hit.old_value.size();
  if (end > kMostWhole) {
    while (begin + 1 < end && hit.old_value[begin] == hit.new_value[begin]) ++begin;
    while (end > begin + 1 && hit.old_value[end - 1] == hit.new_value[end - 1]) --end;
  }
  uint64_t before_watch = 0;
  for (const Watch& w : range.watches) {
    if (w == hit.watch) break;
    before_watch += w.size_bytes;
  }
  auto changed = [&](const Bytes& value) { return Bytes(value.data() + begin, value.data() + end); };
  return {.before = hit.before,
          .hart = hart,
          .pc = 0,
          .address = range.address + before_watch + begin,
          .gpa = Gpa{raw(hit.watch.begin) + begin},
          .old_value = changed(hit.old_value),
          .new_value = changed(hit.new_value)};
}

}  // namespace

// By turns: where some changes are, and then once more over the same way, for the pcs there.
Result<void> find_writes(Timeline& timeline, const WatchedRange& range, Position from, Position to,
                         const OnWrite& on_write, const std::function<bool(Position)>& on_progress) {
  constexpr size_t kAtOnce = 4096;
  bool go_on = true;
  while (go_on && from < to) {
    TRY(timeline.go_to(from));
    std::vector<WriteFound> found;
    Hooks hooks;
    hooks.watches = range.watches;
    hooks.on_progress = [&](Position position) { return go_on = !on_progress || on_progress(position); };
    hooks.on_access = [&](const WatchHit& hit, unsigned hart) {
      found.push_back(write_of(range, hit, hart));
      return found.size() < kAtOnce;
    };
    TRY(timeline.scan(from, to, hooks));
    for (WriteFound& write : found) {
      TRY(timeline.go_to(write.before));
      write.pc = timeline.machine().hart(write.hart).pc;
      write.in_event = data_came(timeline.events(), write.before + 1);
      if (!on_write(write)) return {};
    }
    if (found.size() < kAtOnce) break;
    from = found.back().before + 1;
  }
  return {};
}

}  // namespace recount
