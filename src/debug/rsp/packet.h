#pragma once
// Packets of gdb's remote serial protocol: $payload#checksum, with escapes and run lengths. Knows what a packet is, not what
// it says. "Debugging with GDB", appendix "GDB Remote Serial Protocol", section "Overview".

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace recount::rsp {

// Of a payload, as qSupported's PacketSize tells the other side.
inline constexpr size_t kMostPayload = 0x8000;

enum class InputKind : uint8_t {
  kPacket,
  kDamaged,    // the checksum is wrong: it must be sent again
  kAck,        // +
  kNack,       // -
  kInterrupt,  // Ctrl-C, outside of packets
};

struct Input {
  InputKind kind;
  std::string payload;  // of a packet, without escapes
  bool operator==(const Input&) const = default;
};

// Takes bytes as they come, and gives what they say, in order. What is between packets and means nothing is left out.
class PacketReader {
 public:
  void feed(ByteView bytes) { pending_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size()); }
  std::optional<Input> next();
  // The peer sent a packet longer than any may be: nothing more can be understood.
  bool overflown() const { return overflown_; }
  size_t waiting_bytes() const { return pending_.size() - at_; }

 private:
  std::optional<Input> packet();
  std::string pending_;
  size_t at_ = 0;  // of pending_, what has been taken
  bool overflown_ = false;
};

// "OK" as "$OK#9a". The payload may hold any bytes.
std::string framed(std::string_view payload);

}  // namespace recount::rsp
