#include "device/mac_address.h"

#include <charconv>

namespace recount {

std::string text_of(const MacAddress& mac) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (uint8_t byte : mac) {
    if (!text.empty()) text += ':';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::optional<MacAddress> parse_mac(std::string_view text) {
  constexpr size_t kEach = 3;  // two digits and a colon
  MacAddress mac;
  if (text.size() != mac.size() * kEach - 1) return std::nullopt;
  for (size_t i = 0; i < mac.size(); ++i) {
    const char* digits = text.data() + i * kEach;
    auto [end, error] = std::from_chars(digits, digits + 2, mac[i], 16);
    if (error != std::errc{} || end != digits + 2) return std::nullopt;
    if (i + 1 < mac.size() && *end != ':') return std::nullopt;
  }
  constexpr uint8_t kGroup = 1;
  if ((mac[0] & kGroup) != 0) return std::nullopt;
  return mac;
}

}  // namespace recount
