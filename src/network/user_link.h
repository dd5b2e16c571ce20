#pragma once
// User networking by libslirp: a network of the guest's own, 10.0.2.0/24, with DHCP and DNS. The host is 10.0.2.2; connections
// leave as this process's own. IPv4 only.

#include <slirp/libslirp.h>

#include <memory>
#include <vector>

#include "base/result.h"
#include "host/clock.h"
#include "host/internet_sockets.h"
#include "host/poll.h"
#include "network/link.h"
#include "network/network_config.h"

namespace recount {

class UserLink final : public Link {
 public:
  // kUnavailable if a port to be forwarded is not free.
  static Result<std::unique_ptr<UserLink>> create(const std::vector<PortForward>& forwards, FrameSink sink);
  void send(ByteView frame) override;
  void wait(int wake_fd) override;
  void let_go() override { close_internet_sockets(); }  // slirp does not tell which are its own

 private:
  struct Cleanup {
    void operator()(Slirp* slirp) const { slirp_cleanup(slirp); }
  };
  explicit UserLink(FrameSink sink);
  Result<void> forward(const PortForward& port);

  static int add_poll(int fd, int events, void* self);
  static int ready_events(int index, void* self);

  FrameSink sink_;
  SystemClock clock_;
  std::vector<pollfd> polled_;
  std::unique_ptr<Slirp, Cleanup> slirp_;
};

}  // namespace recount
