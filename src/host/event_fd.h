#pragma once
// A bell between threads that can be polled: readable from ring() until silence().

#include "base/result.h"
#include "host/fd.h"

namespace recount {

class EventFd {
 public:
  // kUnavailable if there is no descriptor left.
  static Result<EventFd> open();
  int fd() const { return fd_.get(); }
  void ring();
  void silence();

 private:
  explicit EventFd(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace recount
