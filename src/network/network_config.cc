#include "network/network_config.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string_view>

namespace recount {
namespace {

// The part of rest before the separator, which goes with it; all of it where there is none.
std::string_view cut(std::string_view& rest, char separator) {
  size_t end = rest.find(separator);
  std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return part;
}

template <class T>
std::optional<T> number(std::string_view text, unsigned most) {
  unsigned value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > most) return std::nullopt;
  return static_cast<T>(value);
}

std::optional<uint32_t> parse_address(std::string_view text) {
  if (text.empty()) return 0;
  constexpr size_t kBytes = 4;
  uint32_t address = 0;
  for (size_t i = 0; i < kBytes; ++i) {
    auto byte = number<uint8_t>(i + 1 < kBytes ? cut(text, '.') : text, 255);
    if (!byte) return std::nullopt;
    address = address << 8 | *byte;
  }
  return address;
}

std::optional<uint16_t> parse_port(std::string_view text) {
  auto port = number<uint16_t>(text, 65535);
  return port == 0 ? std::nullopt : port;
}

// "tcp:127.0.0.1:2222-:22", as QEMU has it.
std::optional<PortForward> parse_forward(std::string_view text) {
  std::string_view protocol = cut(text, ':');
  if (protocol != "tcp" && protocol != "udp") return std::nullopt;
  std::string_view host = cut(text, '-');
  auto host_address = parse_address(cut(host, ':')), guest_address = parse_address(cut(text, ':'));
  auto host_port = parse_port(host), guest_port = parse_port(text);
  if (!host_address || !host_port || !guest_address || !guest_port) return std::nullopt;
  return PortForward{protocol == "udp", *host_address, *host_port, *guest_address, *guest_port};
}

}  // namespace

std::string address_text(uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
}

Result<NetworkConfig> parse_network(const std::string& text) {
  auto wrong = [&text](std::string_view why) { return fail(ErrorKind::kUsage, fmt::format("--net {}: {}", text, why)); };
  using enum NetworkConfig::Link;
  NetworkConfig config;
  config.text = text;
  std::string_view rest = text, link = cut(rest, ',');
  if (link == "none" && rest.empty()) return config;
  if (link == "user") {
    config.link = kUser;
  } else if (link.starts_with("tap=")) {
    config.link = kTap;
    config.tap = link.substr(4);
    constexpr size_t kLongestName = 15;  // IFNAMSIZ, less its end
    if (config.tap.empty() || config.tap.size() > kLongestName) return wrong("an interface's name has 1 to 15 characters");
  } else {
    return wrong("there are none, user and tap=NAME");
  }
  while (!rest.empty()) {
    std::string_view word = cut(rest, ',');
    if (word.starts_with("mac=")) {
      auto mac = parse_mac(word.substr(4));
      if (!mac) return wrong("mac= takes an address such as 52:54:00:12:34:56");
      config.mac = *mac;
    } else if (config.link == kUser && word.starts_with("hostfwd=")) {
      auto forward = parse_forward(word.substr(8));
      if (!forward) return wrong("hostfwd= takes ports such as tcp::2222-:22 or tcp:127.0.0.1:8080-:80");
      config.forwards.push_back(*forward);
    } else {
      return wrong(fmt::format("unknown word {}; there are {}mac=M", word, config.link == kUser ? "hostfwd=... and " : ""));
    }
  }
  return config;
}

}  // namespace recount
