#pragma once
// A TAP interface of the host.

#include "host/fd.h"
#include "network/link.h"

namespace recount {

class TapLink final : public Link {
 public:
  TapLink(Fd tap, FrameSink sink) : tap_(std::move(tap)), sink_(std::move(sink)) {}
  void send(ByteView frame) override;
  void wait(int wake_fd) override;
  void let_go() override { tap_.reset(); }

 private:
  Fd tap_;
  FrameSink sink_;
};

}  // namespace recount
