#include "network/network_thread.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "host/poll.h"
#include "host/process.h"

namespace recount {
namespace {

constexpr uint64_t kLongest_ns = 20'000'000'000;

// Who has address? From a guest that is 10.0.2.15.
Bytes arp_request(uint32_t address) {
  constexpr uint8_t kHead[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 8, 6,
                               0, 1, 8, 0, 6, 4, 0, 1, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 10, 0, 2, 15, 0, 0, 0, 0, 0, 0};
  Bytes frame(std::begin(kHead), std::end(kHead));
  for (int shift = 24; shift >= 0; shift -= 8) frame.push_back(static_cast<uint8_t>(address >> shift));
  frame.resize(60);
  return frame;
}

// The first frame that has arrived; empty if none comes.
Bytes next_frame(NetworkThread& network) {
  int fds[] = {network.fd()};
  if (!wait_readable(fds, kLongest_ns)) return {};
  return network.take().at(0);
}

// This one, perhaps after others: an interface speaks of itself, too.
bool arrives(NetworkThread& network, const Bytes& frame) {
  int fds[] = {network.fd()};
  while (wait_readable(fds, kLongest_ns)) {
    std::vector<Bytes> frames = network.take();
    if (std::ranges::find(frames, frame) != frames.end()) return true;
  }
  return false;
}

// A TCP port of the loopback interface that is bound here.
class BoundPort {
 public:
  BoundPort() {
    sockaddr_in any{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    socklen_t size = sizeof any;
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&any), size), 0);
    EXPECT_EQ(::listen(socket_.get(), 1), 0);
    EXPECT_EQ(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&any), &size), 0);
    number_ = ntohs(any.sin_port);
  }
  NetworkConfig forwarded() const { return parse_network("user,hostfwd=tcp:127.0.0.1:" + std::to_string(number_) + "-:22").value(); }
  void free() { socket_.reset(); }

 private:
  Fd socket_{::socket(AF_INET, SOCK_STREAM, 0)};
  uint16_t number_ = 0;
};

TEST(NetworkThread, TheUserNetworkHasAHostThatAnswers) {
  auto network = NetworkThread::create(parse_network("user").value());
  ASSERT_TRUE(network.has_value());
  (*network)->resume();
  (*network)->send_packet(arp_request(0x0a000202));
  Bytes answer = next_frame(**network);
  ASSERT_GE(answer.size(), 42u);
  EXPECT_EQ(answer[21], 2);  // a reply ...
  EXPECT_TRUE(std::ranges::equal(ByteView(answer).subspan(28, 4), Bytes{10, 0, 2, 2}));  // ... of the host
}

TEST(NetworkThread, WhatIsSentWhileItStandsStillGoesOutAfterwards) {
  auto network = NetworkThread::create(parse_network("user").value());
  ASSERT_TRUE(network.has_value());
  (*network)->resume();
  (*network)->quiesce();
  (*network)->send_packet(arp_request(0x0a000202));
  (*network)->resume();
  EXPECT_FALSE(next_frame(**network).empty());
}

TEST(NetworkThread, APortThatIsTakenIsSaid) {
  BoundPort port;
  auto network = NetworkThread::create(port.forwarded());
  ASSERT_FALSE(network.has_value());
  EXPECT_EQ(network.error().kind, ErrorKind::kUnavailable);
  EXPECT_NE(network.error().message.find("cannot listen on TCP port"), std::string::npos);
}

TEST(NetworkThread, AChildThatLetsGoHoldsNoPort) {
  BoundPort port;
  port.free();
  auto network = NetworkThread::create(port.forwarded());
  ASSERT_TRUE(network.has_value());
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  auto child = fork_process("network-child", [&] {
    (*network)->let_go();
    EXPECT_EQ(::write(ready[1], "x", 1), 1);
    return ::pause();
  });
  ASSERT_TRUE(child.has_value());
  char byte;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  network->reset();
  EXPECT_TRUE(NetworkThread::create(port.forwarded()).has_value());
  ::kill(*child, SIGKILL);
  ::waitpid(*child, nullptr, 0);
}

TEST(NetworkThread, AnInterfaceThatIsNotThereIsSaid) {
  auto network = NetworkThread::create(parse_network("tap=no-such").value());
  ASSERT_FALSE(network.has_value());
  EXPECT_EQ(network.error().kind, ErrorKind::kUnreadable);
  EXPECT_NE(network.error().message.find("ip tuntap add dev no-such"), std::string::npos);
}

// A TAP interface that is there before and after it is used.
class Interface {
 public:
  Interface() {
    Fd tun(::open("/dev/net/tun", O_RDWR));
    ifreq request = named();
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    made_ = tun && ::ioctl(tun.get(), TUNSETIFF, &request) == 0 && ::ioctl(tun.get(), TUNSETPERSIST, 1) == 0;
  }
  ~Interface() { remove(); }
  bool up() {
    if (!made_) return false;
    Fd socket(::socket(AF_INET, SOCK_DGRAM, 0));
    ifreq request = named();
    request.ifr_flags = IFF_UP;
    return ::ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0;
  }
  void remove() {
    if (!std::exchange(made_, false)) return;
    Fd tun(::open("/dev/net/tun", O_RDWR));
    ifreq request = named();
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (::ioctl(tun.get(), TUNSETIFF, &request) == 0) ::ioctl(tun.get(), TUNSETPERSIST, 0);
  }
  const std::string& name() const { return name_; }

 private:
  ifreq named() const {
    ifreq request{};
    name_.copy(request.ifr_name, IFNAMSIZ - 1);
    return request;
  }
  const std::string name_ = "rct" + std::to_string(own_pid() % 1000000);
  bool made_ = false;
};

// The host's side of an interface.
Fd raw_socket(const std::string& interface) {
  Fd socket(::socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)));
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return socket;
}

TEST(NetworkThread, FramesGoBothWaysThroughATapInterface) {
  Interface tap;
  auto network = NetworkThread::create(parse_network("tap=" + tap.name()).value());
  if (!network.has_value() || !tap.up()) GTEST_SKIP() << "this user may not make TAP interfaces";
  (*network)->resume();
  Fd host = raw_socket(tap.name());
  Bytes frame = arp_request(0x0a000202), frame_back = arp_request(0x0a000203);
  ASSERT_EQ(::send(host.get(), frame.data(), frame.size(), 0), static_cast<ssize_t>(frame.size()));
  EXPECT_TRUE(arrives(**network, frame));

  (*network)->send_packet(frame_back);
  int fds[] = {host.get()};
  Bytes got;
  do {
    ASSERT_TRUE(wait_readable(fds, kLongest_ns));
    got.assign(2000, 0);
    got.resize(static_cast<size_t>(::recv(host.get(), got.data(), got.size(), 0)));
  } while (got != frame_back);
}

}  // namespace
}  // namespace recount
