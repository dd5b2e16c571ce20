#pragma once
// Where the guest's console is for the user: the terminal, a file, or a socket that one client at a time
// connects to. The primary writes to output_fd() itself; input comes back through take_input(). Lives in the
// supervisor.

#include <memory>
#include <string>
#include <vector>

#include "host/fd.h"
#include "host/local_socket.h"
#include "host/terminal.h"
#include "recorder/escape_filter.h"

namespace recount {

class ConsoleRelay {
 public:
  // where: "stdio", "unix:PATH", or a file's path, which is appended to.
  static Result<std::unique_ptr<ConsoleRelay>> open(const std::string& where);

  int output_fd() const { return output_.get(); }
  bool on_terminal() const { return terminal_ != nullptr && terminal_->is_terminal(); }
  void add_fds(std::vector<int>& fds) const;
  // Input for the guest, if there is any. Sets leave when the user typed Ctrl-A x.
  Bytes take_input(bool& leave);
  // Passes output on to the socket's client.
  void relay();

 private:
  ConsoleRelay() = default;
  Bytes read_client();

  Fd output_;
  std::unique_ptr<RawTerminal> terminal_;
  std::unique_ptr<ConsoleReader> stdin_;
  EscapeFilter escape_;
  std::unique_ptr<LocalListener> listener_;
  Fd from_primary_, client_;
};

}  // namespace recount
