#include "network/tap_link.h"

#include "host/poll.h"
#include "host/tap.h"

namespace recount {
namespace {

constexpr uint64_t kLongestWait_ns = 1'000'000'000;
constexpr unsigned kFramesAtOnce = 256;  // then what the guest sends has its turn

}  // namespace

// The host's queue being full, or the interface down, loses it, as on any wire.
void TapLink::send(ByteView frame) { write_frame(tap_, frame); }

void TapLink::wait(int wake_fd) {
  int fds[] = {tap_.get(), wake_fd};
  wait_readable(fds, kLongestWait_ns);
  for (unsigned i = 0; tap_ && i < kFramesAtOnce; ++i) {
    auto frame = read_frame(tap_);
    if (!frame) {
      tap_.reset();  // somebody has deleted the interface: the cable is cut
    } else if (frame->empty()) {
      return;
    } else {
      sink_(*frame);
    }
  }
}

}  // namespace recount
