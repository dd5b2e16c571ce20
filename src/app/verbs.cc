#include "app/verbs.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace recount {

void run_as(CLI::App& verb, int& exit_code, std::function<Result<int>()> body) {
  verb.callback([&exit_code, body = std::move(body)] {
    Result<int> result = body();
    if (result) {
      exit_code = *result;
    } else {
      std::fprintf(stderr, "recount: %s\n", one_line(result.error().message).c_str());
      exit_code = static_cast<int>(result.error().kind);
    }
  });
}

std::string one_line(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }, '?');
  return text;
}

std::optional<uint64_t> parse_duration(const std::string& text) {
  double value = 0;
  auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value) || value < 0) return std::nullopt;
  std::string unit(rest, text.data() + text.size());
  double unit_ns = unit.empty() || unit == "s" ? 1e9
                   : unit == "ms"              ? 1e6
                   : unit == "m"               ? 60e9
                   : unit == "h"               ? 3600e9
                                               : 0;
  constexpr double kLongest_ns = 1e18;
  if (unit_ns == 0 || value * unit_ns > kLongest_ns) return std::nullopt;
  return static_cast<uint64_t>(value * unit_ns);
}

}  // namespace recount
