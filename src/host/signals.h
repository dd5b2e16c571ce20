#pragma once
// Signals as something to read: they are blocked for this process and its children, and taken here.

#include <initializer_list>
#include <optional>

#include "base/result.h"
#include "host/fd.h"

namespace recount {

class SignalQueue {
 public:
  // Blocks them. kUnavailable if there is no descriptor left.
  static Result<SignalQueue> open(std::initializer_list<int> signals);
  int fd() const { return fd_.get(); }
  // The next signal that arrived, if any.
  std::optional<int> take();

 private:
  explicit SignalQueue(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace recount
