#include "evidence/console_cast.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

namespace recount {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

// How long a character that begins so is, 0 if none does; first and last are what its second byte may be.
// The Unicode Standard, "Well-Formed UTF-8 Byte Sequences".
size_t character_size(uint8_t lead, uint8_t& first, uint8_t& last) {
  first = 0x80;
  last = 0xbf;
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) {
    if (lead == 0xe0) first = 0xa0;
    if (lead == 0xed) last = 0x9f;
    return 3;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    if (lead == 0xf0) first = 0x90;
    if (lead == 0xf4) last = 0x8f;
    return 4;
  }
  return 0;
}

}  // namespace

std::string valid_utf8(ByteView bytes, Bytes* pending) {
  std::string out;
  for (size_t at = 0; at < bytes.size();) {
    uint8_t first = 0, last = 0;
    size_t size = character_size(bytes[at], first, last), good = 1;
    while (good < size && at + good < bytes.size()) {
      uint8_t byte = bytes[at + good];
      if (byte < first || byte > last) break;
      first = 0x80;
      last = 0xbf;
      ++good;
    }
    if (good < size && at + good == bytes.size() && pending != nullptr) {
      pending->assign(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end());
      break;
    }
    if (good == size) {
      out.append(reinterpret_cast<const char*>(bytes.data()) + at, size);
    } else {
      out += kReplacement;
    }
    at += good;
  }
  return out;
}

Result<std::vector<ConsolePiece>> read_console_cast(ByteView cast) {
  std::vector<ConsolePiece> pieces;
  std::string_view rest(reinterpret_cast<const char*>(cast.data()), cast.size());
  for (bool header = true; !rest.empty(); header = false) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (header) continue;
    const auto event = nlohmann::json::parse(line, nullptr, false);
    if (!event.is_array() || event.size() != 3 || !event[0].is_number() || !event[1].is_string() || !event[2].is_string()) {
      return fail(ErrorKind::kDamaged, "console.cast: not an asciicast");
    }
    if (event[1] == "o") pieces.push_back({event[0].get<double>(), event[2].get<std::string>()});
  }
  return pieces;
}

ConsoleCast::ConsoleCast(const std::string& title, uint64_t utc_ns, unsigned columns, unsigned rows) {
  nlohmann::ordered_json header = {{"version", 2},
                                   {"width", columns},
                                   {"height", rows},
                                   {"timestamp", utc_ns / 1'000'000'000},
                                   {"title", valid_utf8(view_of(title), nullptr)}};
  out_ = header.dump() + "\n";
}

void ConsoleCast::event(const char* kind, const std::string& text) {
  if (text.empty()) return;
  out_ += fmt::format("[{:.6f}, \"{}\", {}]\n", seconds_, kind, nlohmann::json(text).dump());
}

void ConsoleCast::add(double seconds, ByteView bytes) {
  if (std::isfinite(seconds)) seconds_ = std::max(seconds_, seconds);
  Bytes whole = std::exchange(pending_, {});
  whole.insert(whole.end(), bytes.begin(), bytes.end());
  event("o", valid_utf8(whole, &pending_));
}

void ConsoleCast::marker(double seconds, const std::string& text) {
  if (std::isfinite(seconds)) seconds_ = std::max(seconds_, seconds);
  event("m", valid_utf8(view_of(text), nullptr));
}

Bytes ConsoleCast::finish() {
  event("o", valid_utf8(std::exchange(pending_, {}), nullptr));
  ByteView bytes = view_of(out_);
  return {bytes.begin(), bytes.end()};
}

}  // namespace recount
