#pragma once
// The primary's console: what the guest printed goes to the user once a slice, and past the failure detector; what it says to the
// recorder goes to told.

#include <functional>

#include "host/stream.h"
#include "recorder/failure_detector.h"
#include "recorder/guest.h"

namespace recount {

class ConsoleSink final : public GuestConsole::Listener {
 public:
  // output_fd outlives this.
  ConsoleSink(int output_fd, std::unique_ptr<FailureDetector> detector, std::function<void(ByteView)> told)
      : output_fd_(output_fd), detector_(std::move(detector)), told_(std::move(told)) {}

  void heard(ByteView bytes) override {
    pending_.insert(pending_.end(), bytes.begin(), bytes.end());
    detector_->watch(bytes);
  }
  void told(ByteView bytes) override { told_(bytes); }
  // True if there was something.
  bool flush() {
    if (pending_.empty()) return false;
    write_all(output_fd_, pending_);
    pending_.clear();
    return true;
  }
  FailureDetector& detector() { return *detector_; }
  const FailureDetector& detector() const { return *detector_; }

 private:
  const int output_fd_;
  std::unique_ptr<FailureDetector> detector_;
  const std::function<void(ByteView)> told_;
  Bytes pending_;
};

}  // namespace recount
