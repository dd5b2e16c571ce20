#pragma once
// Messages on their way to a process that may be stopped or slow: they wait here, so that the supervisor
// never does.

#include <deque>

#include "host/channel.h"
#include "recorder/messages.h"

namespace recount {

class Outbox {
 public:
  void add(const RecorderMessage& message) { waiting_.push_back({encode_message(message), Fd()}); }
  // A descriptor rides along.
  void add(const RecorderMessage& message, Fd fd) {
    waiting_.push_back({encode_message(message), std::move(fd)});
  }
  size_t size() const { return waiting_.size(); }
  void clear() { waiting_.clear(); }

  // As much as the peer takes now.
  void send(Channel& to) {
    while (!waiting_.empty()) {
      const Channel::Message& next = waiting_.front();
      if (!to.send_now(next.bytes, next.fd ? &next.fd : nullptr)) return;
      waiting_.pop_front();
    }
  }

 private:
  std::deque<Channel::Message> waiting_;
};

}  // namespace recount
