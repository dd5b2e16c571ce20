#include "recorder/guest_requests.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace recount {
namespace {

std::optional<GuestRequest> request_of(std::string_view line) {
  using enum GuestRequest::Kind;
  size_t space = std::min(line.find(' '), line.size());
  std::string_view word = line.substr(0, space);
  std::string text(line.substr(std::min(space + 1, line.size())));
  if (word == "mark" && !text.empty()) return GuestRequest{kMark, std::move(text)};
  if (word == "save") return GuestRequest{kSave, text.empty() ? "the guest asked for it" : std::move(text)};
  return std::nullopt;
}

}  // namespace

void GuestRequests::hear(ByteView bytes, uint64_t now_ticks) {
  for (uint8_t byte : bytes) {
    if (byte == '\n') {
      end_line(now_ticks);
    } else if (line_.size() < kLongestLine && byte != '\r') {
      line_.push_back(byte < 0x20 || byte > 0x7e ? '?' : static_cast<char>(byte));
    }
  }
}

void GuestRequests::end_line(uint64_t now_ticks) {
  auto request = request_of(std::exchange(line_, {}));
  if (!request) return;
  uint64_t more = (now_ticks - allowed_since_ticks_) / kTicksEach;
  allowed_ = std::min(allowed_ + more, kMostAtOnce);
  allowed_since_ticks_ += more * kTicksEach;
  if (allowed_ == 0) {
    ++dropped_;
    return;
  }
  --allowed_;
  take_(*request);
}

}  // namespace recount
