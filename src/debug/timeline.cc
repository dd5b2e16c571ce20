#include "debug/timeline.h"

#include <fmt/format.h>

#include <algorithm>

#include "debug/timeline_index.h"

namespace recount {
namespace {

constexpr uint64_t kLeastSpacing = 1'000'000, kMostCheckpoints = 256;
// Before the place that somebody goes to, checkpoints are left: he will want to step back from it.
constexpr uint64_t kApproach[] = {200'000, 20'000, 2'000};
constexpr uint64_t kPollEvery = 1'000'000;

}  // namespace

Timeline::Timeline(const EvidenceReader& evidence, TimelineOptions options, ConsolePort& console)
    : evidence_(evidence),
      options_(std::move(options)),
      console_(console),
      begin_(evidence.manifest().position_begin),
      end_(evidence.manifest().position_end),
      spacing_(std::max(kLeastSpacing, (end_ - begin_) / kMostCheckpoints)) {}

Timeline::~Timeline() = default;

Result<std::unique_ptr<Timeline>> Timeline::open(const EvidenceReader& evidence, const TimelineOptions& options,
                                                 ConsolePort& console) {
  std::unique_ptr<Timeline> timeline(new Timeline(evidence, options, console));
  TRY(timeline->start());
  return timeline;
}

Position Timeline::at() const { return replayer_->at(); }
Machine& Timeline::machine() { return replayer_->machine(); }
const std::vector<Event>& Timeline::events() const { return replayer_->events(); }

Result<void> Timeline::start() {
  ReplayOptions replay = options_.replay;
  replay.returns = true;
  replayer_ = TRY(Replayer::open(evidence_, replay, console_));
  time_at_begin_ = replayer_->machine().timebase();
  if (auto diverged = replayer_->run_until(begin_)) return fail_diverged(*diverged);
  checkpoints_ = TRY(Checkpoints::create(*replayer_, options_.budget_bytes));
  if (!options_.index_path.empty()) {
    opened_by_index_ = TRY(read_timeline_index(options_.index_path, evidence_, *replayer_, *checkpoints_));
  }
  if (opened_by_index_) checkpoints_->restore(end_);
  return run_with_checkpoints_to(end_);
}

Result<void> Timeline::write_index() {
  CHECK(at() == end_);
  checkpoints_->take();
  return write_timeline_index(options_.index_path, evidence_, *replayer_, *checkpoints_);
}

// Without leaving a checkpoint but at multiples of the spacing. While Armed, not beyond the next stop.
Result<void> Timeline::run_to(Position target) {
  while (at() < target) {
    const Position grid{(raw(at()) / spacing_ + 1) * spacing_};
    const Position known = checkpoints_->next(at()).value_or(target);
    const Position stop = std::min({target, grid, known});
    if (auto diverged = replayer_->run_until(stop)) return fail_diverged(*diverged);
    if (at() < stop) return {};
    if (stop == grid) {
      checkpoints_->take();
      if (options_.progress) options_.progress((at() - begin_) * 100 / std::max<uint64_t>(1, end_ - begin_));
    } else if (stop == known) {
      checkpoints_->passed();
    }
    if (machine().stopped_by_debugger()) return {};
  }
  return {};
}

Result<void> Timeline::run_with_checkpoints_to(Position target) {
  for (uint64_t distance : kApproach) {
    if (target - at() < 2 * distance) continue;
    TRY(run_to(Position{raw(target) - distance}));
    checkpoints_->take();
  }
  return run_to(target);
}

Result<void> Timeline::go_to(Position position) {
  if (position < begin_ || position > end_) {
    return fail(ErrorKind::kUsage, fmt::format("position {} is not in this evidence: it has {} to {}", raw(position),
                                               raw(begin_), raw(end_)));
  }
  if (position < at() || checkpoints_->before(position) > at()) checkpoints_->restore(position);
  return run_with_checkpoints_to(position);
}

void Timeline::set_breakpoints(std::vector<uint64_t> pcs) { breakpoints_ = std::move(pcs); }

void Timeline::set_watchpoints(std::vector<Watch> watches) {
  const Ram& ram = replayer_->machine().ram();
  std::erase_if(watches, [&](const Watch& w) { return w.size_bytes == 0 || !ram.contains(w.begin, w.size_bytes); });
  watches_ = std::move(watches);
}

ByteView Timeline::value_of(const Watch& watch) const {
  return {replayer_->machine().ram().host(watch.begin), watch.size_bytes};
}

void Timeline::remember_values() {
  values_.clear();
  for (const Watch& w : watches_) {
    ByteView value = value_of(w);
    values_.emplace_back(value.begin(), value.end());
  }
}

// The machine stops for breakpoints and watchpoints, from where it stands on, until the end of the scope.
class Timeline::Armed {
 public:
  explicit Armed(Timeline& timeline) : timeline_(timeline) {
    std::vector<DebugStops::Range> ranges;
    for (const Watch& w : timeline.watches_) ranges.push_back({w.begin, w.size_bytes, w.what != WatchFor::kChange, w.what != WatchFor::kRead});
    timeline.stops_.set(timeline.breakpoints_, std::move(ranges));
    timeline.remember_values();
    timeline.more_.clear();
    timeline.machine().set_debug_stops(&timeline.stops_);
  }
  ~Armed() { timeline_.machine().set_debug_stops(nullptr); }
  Armed(const Armed&) = delete;
  Armed& operator=(const Armed&) = delete;

 private:
  Timeline& timeline_;
};

// The range was accessed in the step to here. nullopt: not in a way that is watched for.
std::optional<WatchHit> Timeline::hit_of(size_t watch) const {
  const Watch& w = watches_[watch];
  ByteView now = value_of(w);
  if (w.what == WatchFor::kChange && std::ranges::equal(now, values_[watch])) return std::nullopt;
  return WatchHit{w, Position{raw(at()) - 1}, values_[watch], Bytes(now.begin(), now.end())};
}

// While Armed. To the next stop before limit, or a million steps on, or to limit.
Result<std::optional<Stopped>> Timeline::next_stop(Position limit) {
  if (more_.empty()) TRY(run_to_stops(limit));
  if (more_.empty()) return std::nullopt;
  Stopped next = std::move(more_.back());
  more_.pop_back();
  return next;
}

// The same; what stopped it is in more_.
Result<void> Timeline::run_to_stops(Position limit) {
  TRY(run_to(std::min(limit, at() + kPollEvery)));
  const DebugStops::Hits hits = stops_.take();
  // Before a step and behind it, the turn is that of the hart that makes it.
  auto hart = static_cast<unsigned>(machine().hart().hart_id);
  // One step may access several ranges, and end at a breakpoint.
  if (hits.breakpoint && at() < limit) more_.push_back({StopReason::kBreakpoint, hart, {}});
  for (size_t i = hits.ranges.size(); i-- > 0;) {
    if (auto hit = hits.ranges[i] ? hit_of(i) : std::nullopt) more_.push_back({StopReason::kWatch, hart, std::move(hit)});
  }
  if (!more_.empty()) remember_values();
  return {};
}

Result<Stopped> Timeline::resume(Direction direction, const std::function<bool()>& interrupted) {
  if (direction == Direction::kBackward) return resume_backward(interrupted);
  Armed armed(*this);
  stops_.pass(raw(at()));
  while (at() < end_ || !more_.empty()) {
    if (auto stopped = TRY(next_stop(end_))) return *stopped;
    if (interrupted && interrupted()) return Stopped{StopReason::kInterrupted, 0, {}};
  }
  return Stopped{StopReason::kEnd, 0, {}};
}

// The last stop in [from, to): where a breakpoint stands, or right before an access.
Result<std::optional<Stopped>> Timeline::last_in(Position from, Position to, const std::function<bool()>& interrupted,
                                                 Position& where) {
  std::optional<Stopped> last;
  TRY(go_to(from));
  Armed armed(*this);
  while (at() < to || !more_.empty()) {
    if (auto stopped = TRY(next_stop(to))) {
      where = stopped->watch ? stopped->watch->before : at();
      last = std::move(stopped);
    } else if (interrupted && interrupted()) {
      where = at();
      return Stopped{StopReason::kInterrupted, 0, {}};
    }
  }
  return last;
}

// From checkpoint to checkpoint, the nearest first; the farther, the more at once.
Result<Stopped> Timeline::resume_backward(const std::function<bool()>& interrupted) {
  const uint64_t most_at_once = 16 * spacing_;
  Position to = at(), where = begin_;
  for (uint64_t at_once = 1; to > begin_;) {
    const Position from = checkpoints_->before(Position{raw(to) - std::min(at_once, to - begin_)});
    if (auto stopped = TRY(last_in(from, to, interrupted, where))) {
      TRY(go_to(where));
      return *stopped;
    }
    at_once = std::min(most_at_once, 2 * (to - from));
    to = from;
  }
  TRY(go_to(begin_));
  return Stopped{StopReason::kBegin, 0, {}};
}

Result<Stopped> Timeline::step(Direction direction, uint64_t steps) {
  bool forward = direction == Direction::kForward;
  uint64_t room = forward ? end_ - at() : at() - begin_;
  uint64_t taken = std::min(steps, room);
  TRY(go_to(Position{forward ? raw(at()) + taken : raw(at()) - taken}));
  Stopped stopped{StopReason::kInterrupted, 0, {}};
  if (taken < steps) stopped.reason = forward ? StopReason::kEnd : StopReason::kBegin;
  return stopped;
}

Result<void> Timeline::scan(Position from, Position to, const Hooks& hooks) {
  const Position stood = at();
  auto breakpoints = std::exchange(breakpoints_, hooks.pcs);
  auto watches = std::exchange(watches_, {});
  set_watchpoints(hooks.watches);
  auto scanned = [&]() -> Result<void> {
    TRY(go_to(from));
    Armed armed(*this);
    bool go_on = true;
    while (go_on && (at() < std::min(to, end_) || !more_.empty())) {
      auto stopped = TRY(next_stop(std::min(to, end_)));
      if (!stopped) {
        go_on = !hooks.on_progress || hooks.on_progress(at());
      } else if (stopped->watch) {
        go_on = !hooks.on_access || hooks.on_access(*stopped->watch, stopped->hart);
      } else {
        go_on = !hooks.on_pc || hooks.on_pc(at(), stopped->hart);
      }
    }
    return {};
  }();
  breakpoints_ = std::move(breakpoints);
  watches_ = std::move(watches);
  TRY(go_to(stood));
  return scanned;
}

}  // namespace recount
