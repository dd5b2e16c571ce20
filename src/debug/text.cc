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

std::string for_terminal(std::string text) {
  auto is_command = [](char c) { return (static_cast<uint8_t>(c) < ' ' && c != '\n' && c != '\t') || c == 0x7f; };
  std::ranges::replace_if(text, is_command, '?');
  return text;
}

std::string for_terminal_line(std::string text) {
  std::ranges::replace_if(text, [](char c) { return c == '\n' || c == '\t'; }, '?');
  return for_terminal(std::move(text));
}

std::string_view last_lines(std::string_view text, uint64_t count) {
  size_t begin = text.size();
  while (begin > 0 && count > 0) {
    const size_t before = begin < 2 ? std::string_view::npos : text.rfind('\n', begin - 2);
    begin = before == std::string_view::npos ? 0 : before + 1;
    --count;
  }
  return text.substr(begin);
}

std::string value_text(const Bytes& bytes) {
  constexpr size_t kMostShown = 16;
  std::string text = "0x";
  for (size_t i = std::min(bytes.size(), kMostShown); i-- > 0;) text += fmt::format("{:02x}", bytes[i]);
  return bytes.size() > kMostShown ? text + "..." : text;
}

}  // namespace recount
