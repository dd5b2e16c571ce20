#include "debug/checkpoints.h"

#include <algorithm>
#include <ranges>

#include "base/check.h"

namespace recount {

Result<std::unique_ptr<Checkpoints>> Checkpoints::create(Replayer& replayer, uint64_t budget_bytes) {
  auto ram = TRY(RamVersions::create(replayer.machine().ram(), raw(replayer.at())));
  return std::unique_ptr<Checkpoints>(new Checkpoints(replayer, budget_bytes, std::move(ram)));
}

Checkpoints::Checkpoints(Replayer& replayer, uint64_t budget_bytes, std::unique_ptr<RamVersions> ram)
    : replayer_(replayer), budget_bytes_(budget_bytes), ram_(std::move(ram)), base_(raw(replayer.at())) {
  written();
  auto& first = points_[base_] = replayer.point();
  state_bytes_ += first.state.size();
}

std::vector<bool> Checkpoints::written() {
  std::vector<bool> frames(replayer_.machine().ram().frame_count(), false);
  replayer_.take_written(frames);
  return frames;
}

void Checkpoints::passed() {
  if (!points_.contains(raw(replayer_.at()))) return;
  written();
  base_ = raw(replayer_.at());
}

void Checkpoints::take() {
  const uint64_t here = raw(replayer_.at());
  if (points_.contains(here)) return passed();
  ram_->add(here, written());
  base_ = here;
  auto& point = points_[here] = replayer_.point();
  state_bytes_ += point.state.size();
  thin();
}

std::optional<Position> Checkpoints::next(Position position) const {
  auto next = points_.upper_bound(raw(position));
  if (next == points_.end()) return std::nullopt;
  return Position{next->first};
}

Position Checkpoints::before(Position position) const {
  auto behind = points_.upper_bound(raw(position));
  CHECK(behind != points_.begin());
  return Position{std::prev(behind)->first};
}

void Checkpoints::restore(Position not_behind) {
  auto to = points_.upper_bound(raw(not_behind));
  CHECK(to != points_.begin());
  --to;
  ram_->restore(base_, written(), to->first);
  replayer_.return_to(to->second);
  base_ = to->first;
}

void Checkpoints::save(SealedFileWriter& out) const {
  out.number(points_.size() - 1);
  for (auto point = std::next(points_.begin()); point != points_.end(); ++point) {
    const ReplayPoint& p = point->second;
    for (uint64_t number : {raw(p.position), p.events_applied, p.digests_compared, uint64_t{p.state.size()}}) out.number(number);
    out.bytes(p.state);
  }
  ram_->save(out);
}

Result<void> Checkpoints::load(SealedFileReader& in) {
  CHECK(points_.size() == 1);
  auto damaged = fail(ErrorKind::kDamaged, "checkpoints: impossible");
  for (uint64_t left = in.number(); left > 0 && in.ok(); --left) {
    ReplayPoint p;
    p.position = Position{in.number()};
    p.events_applied = in.number();
    p.digests_compared = in.number();
    const uint64_t size = in.number();
    const bool in_order = raw(p.position) > std::prev(points_.end())->first && p.position <= replayer_.end();
    if (!in_order || p.events_applied > replayer_.events().size() || size > in.remaining_bytes()) return damaged;
    p.state.resize(size);
    in.bytes(p.state);
    state_bytes_ += size;
    points_[raw(p.position)] = std::move(p);
  }
  TRY(ram_->load(in));
  if (!std::ranges::equal(std::views::keys(points_), ram_->keys())) return damaged;
  return {};
}

// Where the user stands, and the more the nearer, it is worth most to have little to replay.
void Checkpoints::thin() {
  constexpr size_t kMostPoints = 2048;
  while ((bytes() > budget_bytes_ || points_.size() > kMostPoints) && points_.size() > 2) {
    const uint64_t here = raw(replayer_.at());
    auto worst = points_.end();
    double least = 0;
    for (auto p = std::next(points_.begin()); p != points_.end(); ++p) {
      if (p->first == base_) continue;
      auto after = std::next(p);
      uint64_t gap = (after == points_.end() ? replayer_.end() - Position{0} : after->first) - std::prev(p)->first;
      uint64_t distance = std::max(p->first, here) - std::min(p->first, here);
      double worth = static_cast<double>(gap) / static_cast<double>(distance + 1);
      if (worst == points_.end() || worth < least) {
        worst = p;
        least = worth;
      }
    }
    if (worst == points_.end()) return;
    ram_->drop(worst->first);
    state_bytes_ -= worst->second.state.size();
    points_.erase(worst);
  }
}

}  // namespace recount
