#include "evidence/position_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "event/guest_time.h"

namespace recount {
namespace {

// The whole of text, as a number.
template <class T>
std::optional<T> number_in(std::string_view text) {
  T value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The first position at which guest time reaches ticks: between anchors time is linear.
Position position_at(uint64_t ticks, const Window& window) {
  Timebase time = window.time_at_begin;
  for (const Event& event : window.events) {
    const auto* anchor = std::get_if<TimeAnchor>(&event.payload);
    if (anchor == nullptr || raw(event.position) < time.steps) continue;
    if (time.ticks_at(raw(event.position)) >= ticks) break;
    time = {raw(event.position), raw(event.position), anchor->time_ticks, anchor->rate};
  }
  return Position{std::min(time.steps_at(ticks), raw(window.end))};
}

std::optional<Position> named_position(const std::string& text, const Window& window) {
  std::string_view view = text;
  Position begin = window.begin;
  if (text == "end") return window.end;
  if (auto steps = number_in<uint64_t>(view)) return Position{*steps};
  if (view.ends_with('%')) {
    auto percent = number_in<double>(view.substr(0, view.size() - 1));
    if (!percent || !(*percent >= 0 && *percent <= 100)) return std::nullopt;
    // A double may round a long way up beyond its end.
    auto steps = static_cast<uint64_t>(static_cast<double>(window.end - begin) * *percent / 100);
    return begin + std::min(steps, window.end - begin);
  }
  if (view.starts_with('-') && view.ends_with('s')) {
    auto seconds = number_in<double>(view.substr(1, view.size() - 2));
    if (!seconds || !(*seconds >= 0)) return std::nullopt;
    double ticks = static_cast<double>(window.guest_time_end_ticks) - *seconds * static_cast<double>(kTicksPerSecond);
    return position_at(ticks > 0 ? static_cast<uint64_t>(ticks) : 0, window);
  }
  constexpr std::string_view kEvent = "event:";
  if (view.starts_with(kEvent)) {
    auto n = number_in<uint64_t>(view.substr(kEvent.size()));
    if (!n || *n >= window.events.size()) return std::nullopt;
    return window.events[*n].position;
  }
  for (const Event& event : window.events) {
    const auto* mark = std::get_if<OperatorRequest>(&event.payload);
    if (mark != nullptr && mark->action == OperatorAction::kMark && mark->text == text) return event.position;
  }
  return std::nullopt;
}

}  // namespace

Result<Position> position_of(const std::string& text, Replayer& replayer, uint64_t guest_time_end_ticks) {
  return position_of(text, {replayer.at(), replayer.end(), replayer.events(), replayer.machine().timebase(), guest_time_end_ticks});
}

Result<Position> position_of(const std::string& text, const Window& window) {
  auto position = named_position(text, window);
  if (!position) {
    return fail(ErrorKind::kUsage,
                "position " + text + ": neither a step count, end, -3s, 50%, event:N nor a mark's name");
  }
  if (*position < window.begin || *position > window.end) {
    return fail(ErrorKind::kUsage, fmt::format("position {}: outside of this evidence, which has {} to {}",
                                               text, raw(window.begin), raw(window.end)));
  }
  return *position;
}

}  // namespace recount
