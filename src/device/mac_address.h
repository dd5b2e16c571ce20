#pragma once
// The hardware address of a network device.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace recount {

using MacAddress = std::array<uint8_t, 6>;

// "52:54:00:12:34:56"
std::string text_of(const MacAddress& mac);
// nullopt if it is none, or one of a group: a device has an address of its own.
std::optional<MacAddress> parse_mac(std::string_view text);

}  // namespace recount
