#pragma once
// Where the guest's cable ends. Used by one thread at a time.

#include <functional>

#include "base/bytes.h"

namespace recount {

// Takes a frame for the guest.
using FrameSink = std::function<void(ByteView)>;

class Link {
 public:
  virtual ~Link() = default;
  // A frame from the guest.
  virtual void send(ByteView frame) = 0;
  // Waits until there is something to do, and does it; or until wake_fd is readable.
  virtual void wait(int wake_fd) = 0;
  // In a forked child: lets go of what connects to the world. A connection that the parent closes is to be closed.
  virtual void let_go() = 0;
};

}  // namespace recount
