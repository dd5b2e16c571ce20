#pragma once
// A bell between threads that can be polled: readable from ring() until silence().

#include "host/fd.h"

namespace recount {

class EventFd {
 public:
  EventFd();
  int fd() const { return fd_.get(); }
  void ring();
  void silence();

 private:
  Fd fd_;
};

}  // namespace recount
