#include "differential/exceptions.h"

#include <array>
#include <cstdio>

namespace recount::differential {
namespace {

constexpr Version kFirst{0, 0}, kLast{~0u, 0};
constexpr Version k7_2{7, 2}, k10_0{10, 0};

struct Span {
  Version first, last;
};
constexpr auto kSpans = std::to_array<Span>({
#define EXCEPTION(id, first, last, what, words) {first, last},
#include "differential/exceptions.inc"
#undef EXCEPTION
});

}  // namespace

bool Oracle::differs_in(Exception e) const {
  const Span& span = kSpans[static_cast<size_t>(e)];
  return !everything_ && span.first <= version_ && version_ <= span.last;
}

std::optional<Version> parse_version(const std::string& text) {
  Version v;
  if (std::sscanf(text.c_str(), "%u.%u", &v.major, &v.minor) != 2) return std::nullopt;
  return v;
}

}  // namespace recount::differential
