#pragma once
// Sockets with a name in the file system: how `recount ctl` reaches a running recorder. One line each way.

#include <optional>
#include <string>

#include "base/result.h"
#include "host/fd.h"

namespace recount {

class LocalListener {
 public:
  // Takes the name over if nobody listens there; kUnavailable if somebody does, or if that cannot be told.
  static Result<LocalListener> listen(const std::string& path);
  ~LocalListener();
  LocalListener(LocalListener&&) = default;
  LocalListener& operator=(LocalListener&&) = default;

  int fd() const { return fd_.get(); }
  Fd accept();
  // Takes the name away; the destructor does it too.
  void close();

 private:
  LocalListener(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Fd fd_;
  std::string path_;
};

// What is asked travels on in the recorder's own messages, which have a limit of their own (host/channel.h).
inline constexpr size_t kLongestLine = 32 << 10;

// Connects, sends a line, waits for a line. kUnavailable if nobody listens, kUsage if the line is too long.
Result<std::string> ask_local(const std::string& path, const std::string& line);

// A connection's side of the recorder. nullopt until a whole line is there; peers that send too much are cut
// off.
class LineConnection {
 public:
  explicit LineConnection(Fd fd) : fd_(std::move(fd)) {}
  int fd() const { return fd_.get(); }
  bool closed() const { return closed_; }
  std::optional<std::string> read_line();
  void write_line(const std::string& line);

 private:
  Fd fd_;
  std::string pending_;
  bool closed_ = false;
};

}  // namespace recount
