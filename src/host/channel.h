#pragma once
// Messages between our own processes: whole or not at all, in order, and a file descriptor may ride along.
// The other end having died shows as closed(), never as a signal.

#include <optional>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "host/fd.h"

namespace recount {

class Channel {
 public:
  struct Message {
    Bytes bytes;
    Fd fd;
  };

  Channel() = default;
  explicit Channel(Fd fd) : fd_(std::move(fd)) {}
  // Both ends; one of them goes to another process.
  static Result<std::pair<Channel, Channel>> pair();

  // Blocks while the peer's queue is full. False if the peer is gone.
  bool send(ByteView message, const Fd* with = nullptr);
  // The same, but false if it would have to wait: then nothing was sent.
  bool send_now(ByteView message, const Fd* with = nullptr);
  // nullopt if nothing is there now, or the peer is gone: see closed().
  std::optional<Message> receive();

  bool closed() const { return closed_ || !fd_; }
  // To wait on; -1 if closed.
  int fd() const { return closed() ? -1 : fd_.get(); }
  Fd take_fd() { return std::move(fd_); }

 private:
  bool send_flagged(ByteView message, const Fd* with, int flags);
  Fd fd_;
  bool closed_ = false;
};

// The largest message.
inline constexpr size_t kChannelMessageBytes = 64 << 10;

}  // namespace recount
