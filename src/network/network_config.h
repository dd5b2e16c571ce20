#pragma once
// What stands behind the guest's network device, as --net says it.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "device/mac_address.h"

namespace recount {

// A port of the host that leads to one of the guest. Addresses are IPv4, in host order; 0: any, and the guest's first.
struct PortForward {
  bool udp = false;
  uint32_t host_address = 0;
  uint16_t host_port = 0;
  uint32_t guest_address = 0;
  uint16_t guest_port = 0;
  bool operator==(const PortForward&) const = default;
};

struct NetworkConfig {
  enum class Link : uint8_t { kNone, kUser, kTap };
  Link link = Link::kNone;
  std::string tap;  // the interface's name
  std::vector<PortForward> forwards;
  MacAddress mac{0x52, 0x54, 0x00, 0x12, 0x34, 0x56};  // QEMU's
  std::string text = "none";                           // what it was made of
};

// none | user[,hostfwd=tcp|udp:[ADDRESS]:PORT-[ADDRESS]:PORT]...[,mac=M] | tap=NAME[,mac=M]. kUsage if it is neither.
Result<NetworkConfig> parse_network(const std::string& text);

// "10.0.2.15"
std::string address_text(uint32_t address);

}  // namespace recount
