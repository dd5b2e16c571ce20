#pragma once
// A TCP port of this machine alone: nobody reaches it over a network.

#include <cstdint>

#include "base/result.h"
#include "host/fd.h"

namespace recount {

class LoopbackListener {
 public:
  // Port 0: any that is free. kUnavailable if it is taken.
  static Result<LoopbackListener> listen(uint16_t port);
  int fd() const { return fd_.get(); }
  uint16_t port() const { return port_; }
  Fd accept();

 private:
  LoopbackListener(Fd fd, uint16_t port) : fd_(std::move(fd)), port_(port) {}
  Fd fd_;
  uint16_t port_;
};

}  // namespace recount
