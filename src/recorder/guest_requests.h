#pragma once
// What a guest says through its port to the recorder, line by line: "mark TEXT" and "save REASON". The guest is not to be
// trusted: a line has a longest length, text is what can be printed, and only so many marks are taken in a time.

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "base/bytes.h"

namespace recount {

struct GuestRequest {
  enum class Kind : uint8_t { kMark, kSave } kind;
  std::string text;
};

class GuestRequests {
 public:
  // Of a line; what is longer is cut.
  static constexpr size_t kLongestLine = 256;
  // Requests at once, and ticks of guest time (10 MHz) until there may be one more.
  static constexpr uint64_t kMostAtOnce = 100, kTicksEach = 1'000'000;

  using Take = std::function<void(const GuestRequest&)>;
  explicit GuestRequests(Take take) : take_(std::move(take)) {}

  // Bytes as they come, at this guest time. What is no request is nothing.
  void hear(ByteView bytes, uint64_t now_ticks);
  // Requests that were too many, since the last call.
  uint64_t take_dropped() { return std::exchange(dropped_, 0); }

 private:
  void end_line(uint64_t now_ticks);

  const Take take_;
  std::string line_;
  uint64_t allowed_ = kMostAtOnce, allowed_since_ticks_ = 0;
  uint64_t dropped_ = 0;
};

}  // namespace recount
