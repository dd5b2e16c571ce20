#pragma once
// The control socket: a line in, a line of JSON out. Whoever may open the socket may control the recorder;
// its folder belongs to the user alone.

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "host/local_socket.h"

namespace recount {

class ControlServer {
 public:
  using Reply = std::function<void(const std::string& line)>;
  // The command's name, what follows it, and where the answer goes: now, or later (a reply to a peer that has
  // gone is lost, no more).
  using Handler = std::function<void(const std::string& command, const std::string& argument, Reply reply)>;

  ControlServer(LocalListener listener, Handler handler)
      : listener_(std::move(listener)), handler_(std::move(handler)) {}

  // What to wait for. The listener is left out once after it could not be served: without descriptors it stays readable,
  // and nobody is to wait in a circle.
  void add_fds(std::vector<int>& fds) const;
  // Accepts, reads and answers whatever is ready.
  void serve();

 private:
  static constexpr size_t kMostPeers = 32;
  // Of one peer: then it is others' turn.
  static constexpr unsigned kMostLinesAtOnce = 64;
  LocalListener listener_;
  const Handler handler_;
  std::list<std::shared_ptr<LineConnection>> peers_;
  bool could_not_accept_ = false;
};

// "status" or "save why not" -> what ControlServer's handler gets.
std::pair<std::string, std::string> split_command(const std::string& line);
std::string control_error(const std::string& message);  // as a reply

}  // namespace recount
