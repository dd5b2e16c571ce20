#include "network/network_thread.h"

#include <system_error>
#include <utility>

#include "base/check.h"
#include "host/tap.h"
#include "network/tap_link.h"
#include "network/user_link.h"

namespace recount {

Result<std::unique_ptr<NetworkThread>> NetworkThread::create(const NetworkConfig& config) {
  CHECK(config.link != NetworkConfig::Link::kNone);
  EventFd bell = TRY(EventFd::open()), wake = TRY(EventFd::open());
  std::unique_ptr<NetworkThread> network(new NetworkThread(std::move(bell), std::move(wake)));
  FrameSink sink = [n = network.get()](ByteView frame) { n->arrived(frame); };
  if (config.link == NetworkConfig::Link::kTap) {
    network->link_ = std::make_unique<TapLink>(TRY(open_tap(config.tap)), std::move(sink));
  } else {
    network->link_ = TRY(UserLink::create(config.forwards, std::move(sink)));
  }
  return network;
}

void NetworkThread::resume() {
  if (thread_.joinable()) return;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {  // it has no other way to say so
  }
}

void NetworkThread::quiesce() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.ring();
  thread_.join();
  stopping_ = false;
}

void NetworkThread::send_packet(ByteView frame) {
  std::lock_guard lock(mutex_);
  if (leaving_.size() >= kMostWaiting) return;
  leaving_.emplace_back(frame.begin(), frame.end());
  if (leaving_.size() == 1) wake_.ring();
}

std::vector<Bytes> NetworkThread::take() {
  std::lock_guard lock(mutex_);
  if (!arrived_.empty()) bell_.silence();
  return std::exchange(arrived_, {});
}

void NetworkThread::arrived(ByteView frame) {
  std::lock_guard lock(mutex_);
  if (arrived_.size() >= kMostWaiting) return;
  arrived_.emplace_back(frame.begin(), frame.end());
  if (arrived_.size() == 1) bell_.ring();
}

void NetworkThread::run() {
  for (;;) {
    link_->wait(wake_.fd());
    std::vector<Bytes> leaving;
    {
      std::lock_guard lock(mutex_);
      wake_.silence();
      if (stopping_) return;
      leaving = std::exchange(leaving_, {});
    }
    for (const Bytes& frame : leaving) link_->send(frame);
  }
}

}  // namespace recount
