#include "network/user_link.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace recount {
namespace {

constexpr uint32_t kLongestWait_ms = 1000;

in_addr address(uint32_t host_order) { return {htonl(host_order)}; }
constexpr uint32_t kNetwork = 0x0a000200, kMask = 0xffffff00;  // 10.0.2.0, QEMU's
constexpr uint32_t kHost = kNetwork + 2, kNameServer = kNetwork + 3, kFirstGuest = kNetwork + 15;

struct EventPair {
  int slirp;
  short system;
};
constexpr EventPair kEvents[] = {{SLIRP_POLL_IN, POLLIN}, {SLIRP_POLL_OUT, POLLOUT}, {SLIRP_POLL_PRI, POLLPRI},
                                 {SLIRP_POLL_ERR, POLLERR}, {SLIRP_POLL_HUP, POLLHUP}};

}  // namespace

UserLink::UserLink(FrameSink sink) : sink_(std::move(sink)) {
  // It keeps the pointer. Only IPv6 has timers, which are not asked for without it.
  static constexpr SlirpCb kCallbacks{
      .send_packet = [](const void* frame, size_t size, void* self) -> ssize_t {
        static_cast<UserLink*>(self)->sink_({static_cast<const uint8_t*>(frame), size});
        return static_cast<ssize_t>(size);
      },
      .guest_error = [](const char*, void*) {},
      .clock_get_ns = [](void* self) { return static_cast<int64_t>(static_cast<UserLink*>(self)->clock_.monotonic_ns()); },
      .register_poll_fd = [](int, void*) {},  // wait() looks at everything anyway
      .unregister_poll_fd = [](int, void*) {},
      .notify = [](void*) {},
  };
  SlirpConfig config{};
  config.version = 4;
  config.in_enabled = true;
  config.vnetwork = address(kNetwork);
  config.vnetmask = address(kMask);
  config.vhost = address(kHost);
  config.vdhcp_start = address(kFirstGuest);
  config.vnameserver = address(kNameServer);
  slirp_.reset(slirp_new(&config, &kCallbacks, this));
}

Result<std::unique_ptr<UserLink>> UserLink::create(const std::vector<PortForward>& forwards, FrameSink sink) {
  std::unique_ptr<UserLink> link(new UserLink(std::move(sink)));
  if (link->slirp_ == nullptr) return fail(ErrorKind::kUnavailable, "--net user: libslirp does not start");
  for (const PortForward& port : forwards) {
    if (auto forwarded = link->forward(port); !forwarded) return std::unexpected(forwarded.error());
  }
  return link;
}

Result<void> UserLink::forward(const PortForward& port) {
  uint32_t guest = port.guest_address != 0 ? port.guest_address : kFirstGuest;
  if (slirp_add_hostfwd(slirp_.get(), port.udp, address(port.host_address), port.host_port, address(guest), port.guest_port) == 0) {
    return {};
  }
  return fail(ErrorKind::kUnavailable, fmt::format("--net user: cannot listen on {} port {} of {}: {}", port.udp ? "UDP" : "TCP",
                                                   port.host_port, address_text(port.host_address), std::strerror(errno)));
}

void UserLink::send(ByteView frame) { slirp_input(slirp_.get(), frame.data(), static_cast<int>(frame.size())); }

int UserLink::add_poll(int fd, int events, void* self) {
  auto& polled = static_cast<UserLink*>(self)->polled_;
  pollfd entry{.fd = fd, .events = 0, .revents = 0};
  for (const EventPair& e : kEvents) {
    if ((events & e.slirp) != 0) entry.events = static_cast<short>(entry.events | e.system);
  }
  polled.push_back(entry);
  return static_cast<int>(polled.size() - 1);
}

int UserLink::ready_events(int index, void* self) {
  short ready = static_cast<UserLink*>(self)->polled_[static_cast<size_t>(index)].revents;
  int events = 0;
  for (const EventPair& e : kEvents) events |= (ready & e.system) != 0 ? e.slirp : 0;
  return events;
}

void UserLink::wait(int wake_fd) {
  constexpr uint64_t kNsPerMs = 1'000'000;
  uint32_t timeout_ms = kLongestWait_ms;
  polled_.assign(1, {.fd = wake_fd, .events = POLLIN, .revents = 0});
  slirp_pollfds_fill(slirp_.get(), &timeout_ms, add_poll, this);
  bool polled = poll_all(polled_, timeout_ms * kNsPerMs);
  slirp_pollfds_poll(slirp_.get(), polled ? 0 : 1, ready_events, this);
}

}  // namespace recount
