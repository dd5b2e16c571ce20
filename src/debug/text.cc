#include "debug/text.h"

#include "evidence/console_cast.h"

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
  text = valid_utf8(view_of(text), nullptr);
  // U+0080 to U+009F are commands, too.
  for (size_t at = 0; (at = text.find('\xc2', at)) != std::string::npos; ++at) {
    if (at + 1 < text.size() && static_cast<uint8_t>(text[at + 1]) < 0xa0) text.replace(at, 2, "?");
  }
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
