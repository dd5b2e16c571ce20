#pragma once
// A hang as it is seen from outside: each time one looks, for so long in guest time, a hart keeps from itself an interrupt that
// it has enabled. A guest that works lets its interrupts in, or waits for one, within milliseconds.

#include <algorithm>
#include <cstdint>
#include <optional>

namespace recount {

class HangWatch {
 public:
  // No limit: nothing is a hang.
  explicit HangWatch(std::optional<uint64_t> limit_ticks) : limit_ticks_(limit_ticks) {}

  // After each slice; kept: an interrupt is kept waiting now. True once in each hang.
  bool look(bool kept, uint64_t now_ticks) {
    uint64_t gone_ticks = now_ticks - last_look_ticks_;
    last_look_ticks_ = now_ticks;
    if (!kept || !limit_ticks_) {
      kept_ticks_ = looks_ = 0;
      told_ = false;
      return false;
    }
    // A guest that could not run, its recorder being stopped, does not hang.
    kept_ticks_ += std::min(gone_ticks, *limit_ticks_ / kLeastParts);
    if (told_ || ++looks_ < kLeastLooks || kept_ticks_ < *limit_ticks_) return false;
    told_ = true;
    return true;
  }
  uint64_t kept_ticks() const { return kept_ticks_; }

 private:
  static constexpr uint64_t kLeastParts = 4, kLeastLooks = 100;

  const std::optional<uint64_t> limit_ticks_;
  uint64_t last_look_ticks_ = 0;
  uint64_t kept_ticks_ = 0, looks_ = 0;
  bool told_ = false;
};

}  // namespace recount
