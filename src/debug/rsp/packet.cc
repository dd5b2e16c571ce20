#include "debug/rsp/packet.h"

#include <algorithm>

#include "debug/rsp/hex.h"

namespace recount::rsp {
namespace {

constexpr char kEscape = '}', kEscapeBit = 0x20, kInterruptByte = 3;

uint8_t checksum(std::string_view bytes) {
  uint8_t sum = 0;
  for (char c : bytes) sum = static_cast<uint8_t>(sum + static_cast<uint8_t>(c));
  return sum;
}

// Clients send no run lengths.
std::string without_escapes(std::string_view body) {
  std::string payload;
  payload.reserve(body.size());
  for (size_t i = 0; i < body.size(); ++i) {
    bool escaped = body[i] == kEscape && i + 1 < body.size();
    payload += escaped ? static_cast<char>(body[++i] ^ kEscapeBit) : body[i];
  }
  return payload;
}

// How many of what follows a character equal to it one run length may say: as a printable character that is no other's sign.
size_t run_length(size_t repeats) {
  constexpr size_t kFewest = 3, kMost = '~' - 29;
  repeats = std::min(repeats, kMost);
  while (repeats >= kFewest && std::string_view("#$+-").find(static_cast<char>(repeats + 29)) != std::string_view::npos) --repeats;
  return repeats >= kFewest ? repeats : 0;
}

}  // namespace

std::optional<Input> PacketReader::next() {
  while (at_ < pending_.size() && !overflown_) {
    switch (pending_[at_]) {
      case '$': return packet();
      case '+': ++at_; return Input{InputKind::kAck, {}};
      case '-': ++at_; return Input{InputKind::kNack, {}};
      case kInterruptByte: ++at_; return Input{InputKind::kInterrupt, {}};
      default: ++at_;
    }
  }
  pending_.clear();
  at_ = 0;
  return std::nullopt;
}

std::optional<Input> PacketReader::packet() {
  constexpr size_t kTail = 3;  // # and two digits
  pending_.erase(0, at_);
  at_ = 0;
  size_t end = pending_.find('#');
  // Escapes make a payload at most twice as long.
  if (std::min(end, pending_.size()) > 2 * kMostPayload) overflown_ = true;
  if (overflown_ || end == std::string::npos || pending_.size() - end < kTail) return std::nullopt;
  std::string_view body = std::string_view(pending_).substr(1, end - 1);
  auto sum = hex_number(std::string_view(pending_).substr(end + 1, 2));
  bool whole = sum && *sum == checksum(body);
  Input input{whole ? InputKind::kPacket : InputKind::kDamaged, whole ? without_escapes(body) : std::string()};
  at_ = end + kTail;
  return input;
}

std::string framed(std::string_view payload) {
  std::string out = "$";
  for (size_t i = 0; i < payload.size(); ++i) {
    char c = payload[i];
    if (std::string_view("#$}*").find(c) != std::string_view::npos) {
      out += kEscape;
      out += static_cast<char>(c ^ kEscapeBit);
      continue;
    }
    out += c;
    size_t same = payload.find_first_not_of(c, i);
    size_t repeats = run_length(std::min(same, payload.size()) - i - 1);
    if (repeats == 0) continue;
    out += '*';
    out += static_cast<char>(repeats + 29);
    i += repeats;
  }
  std::string_view body = std::string_view(out).substr(1);
  uint8_t sum[] = {checksum(body)};
  return out + '#' + to_hex(sum);
}

}  // namespace recount::rsp
