#include "host/tap.h"

#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>

#include "host/os_error.h"
#include "host/retry.h"

namespace recount {
namespace {

constexpr size_t kMostFrameBytes = 1 << 16;

}  // namespace

Result<Fd> open_tap(const std::string& name) {
  // Of a name that is free, the ioctl would make an interface that nobody has connected to anything.
  if (::if_nametoindex(name.c_str()) == 0) {
    return fail(ErrorKind::kUnreadable, name + ": no such interface (make it: ip tuntap add dev " + name + " mode tap user $USER)");
  }
  Fd tap(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!tap) return os_error(ErrorKind::kUnreadable, "/dev/net/tun", "open");
  ifreq request{};
  std::copy_n(name.c_str(), std::min(name.size(), size_t{IFNAMSIZ - 1}), request.ifr_name);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (::ioctl(tap.get(), TUNSETIFF, &request) != 0) return os_error(ErrorKind::kUnreadable, name, "use this interface");
  return tap;
}

std::optional<Bytes> read_frame(const Fd& tap) {
  Bytes frame(kMostFrameBytes);
  ssize_t size = retry([&] { return ::read(tap.get(), frame.data(), frame.size()); });
  // EIO: the interface is down, and may come up again.
  if (size < 0 && errno != EAGAIN && errno != EIO) return std::nullopt;
  frame.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return frame;
}

bool write_frame(const Fd& tap, ByteView frame) {
  return ::write(tap.get(), frame.data(), frame.size()) == static_cast<ssize_t>(frame.size());
}

}  // namespace recount
