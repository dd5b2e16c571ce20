#include "debug/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace recount {

std::optional<uint64_t> number_in(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x")) {
    base = 16;
    text.remove_prefix(2);
  }
  uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string value_text(const Bytes& bytes) {
  constexpr size_t kMostShown = 16;
  std::string text = "0x";
  for (size_t i = std::min(bytes.size(), kMostShown); i-- > 0;) text += fmt::format("{:02x}", bytes[i]);
  return bytes.size() > kMostShown ? text + "..." : text;
}

}  // namespace recount
