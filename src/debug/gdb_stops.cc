#include "debug/gdb_stops.h"

#include <fmt/format.h>

#include <algorithm>

namespace recount {
namespace {

constexpr uint64_t kMostWatched = 1 << 20;
constexpr size_t kMostStops = 4096;

bool is_user(uint64_t va) { return va >> 63 == 0; }

}  // namespace

bool GdbStops::change(const rsp::ChangeStop& stop, const GuestView& view) {
  if (stop.type < kWrite) {
    auto [first, last] = breakpoints_.equal_range(stop.address);
    auto same = std::find_if(first, last, [&](const auto& b) { return b.second == stop.type; });
    if (stop.insert && same == last && breakpoints_.size() < kMostStops) breakpoints_.emplace(stop.address, stop.type);
    if (!stop.insert && same != last) breakpoints_.erase(same);
    return true;
  }
  Key key{stop.type, stop.address, stop.kind};
  if (!stop.insert) {
    auto found = watched_.find(key);
    if (found != watched_.end()) found->second.set = false;
    return true;
  }
  if (stop.kind == 0 || stop.kind > kMostWatched || watched_.size() >= kMostStops) return false;
  auto found = watched_.find(key);
  if (found != watched_.end() && is_user(stop.address)) {
    found->second.set = true;
    return true;
  }
  Watched watched{.set = true, .parts = {}};
  for (uint64_t done = 0; done < stop.kind;) {
    uint64_t va = stop.address + done;
    uint64_t size = std::min(stop.kind - done, kPageSize - (va & kPageMask));
    auto gpa = view.physical(va);
    if (!gpa || !view.ram().contains(*gpa, size)) return false;
    watched.parts.push_back({va, Watch{*gpa, size, watch_for(stop.type)}});
    done += size;
  }
  watched_[key] = std::move(watched);
  return true;
}

void GdbStops::forget_deleted() {
  std::erase_if(watched_, [](const auto& watched) { return !watched.second.set; });
}

void GdbStops::clear() {
  watched_.clear();
  breakpoints_.clear();
}

std::vector<uint64_t> GdbStops::breakpoints() const {
  std::vector<uint64_t> pcs;
  for (const auto& [pc, type] : breakpoints_) pcs.push_back(pc);
  pcs.erase(std::unique(pcs.begin(), pcs.end()), pcs.end());
  return pcs;
}

std::vector<Watch> GdbStops::watches() const {
  std::vector<Watch> all;
  for (const auto& [key, watched] : watched_) {
    for (const Part& part : watched.parts) {
      if (watched.set) all.push_back(part.watch);
    }
  }
  return all;
}

WatchFor GdbStops::watch_for(unsigned type) {
  return type == kRead ? WatchFor::kRead : type == kAccess ? WatchFor::kAccess : WatchFor::kChange;
}

std::string GdbStops::reply_to(const WatchHit& hit) const {
  for (const auto& [key, watched] : watched_) {
    for (const Part& part : watched.parts) {
      if (!watched.set || part.watch != hit.watch) continue;
      unsigned type = std::get<0>(key);
      return fmt::format("{}watch:{:x};", type == kRead ? "r" : type == kAccess ? "a" : "", part.va);
    }
  }
  return "";
}

}  // namespace recount
