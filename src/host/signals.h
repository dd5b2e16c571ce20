#pragma once
// Signals as something to read: they are blocked for this process and its children, and taken here.

#include <initializer_list>
#include <optional>

#include "host/fd.h"

namespace recount {

class SignalQueue {
 public:
  explicit SignalQueue(std::initializer_list<int> signals);
  int fd() const { return fd_.get(); }
  // The next signal that arrived, if any.
  std::optional<int> take();

 private:
  Fd fd_;
};

}  // namespace recount
