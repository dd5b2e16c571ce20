#include "recorder/console_relay.h"

#include "host/poll.h"
#include "host/stream.h"

namespace recount {

Result<std::unique_ptr<ConsoleRelay>> ConsoleRelay::open(const std::string& where) {
  constexpr std::string_view kUnix = "unix:";
  std::unique_ptr<ConsoleRelay> relay(new ConsoleRelay);
  if (where == "stdio") {
    relay->output_ = TRY(duplicate_stdout());
    relay->stdin_ = std::make_unique<ConsoleReader>();
    relay->terminal_ = std::make_unique<RawTerminal>();
  } else if (where.starts_with(kUnix)) {
    relay->listener_ =
        std::make_unique<LocalListener>(TRY(LocalListener::listen(where.substr(kUnix.size()))));
    auto [ours, theirs] = TRY(stream_pair());
    relay->from_primary_ = std::move(ours);
    relay->output_ = std::move(theirs);
  } else {
    relay->output_ = TRY(open_for_append(where));
  }
  return relay;
}

void ConsoleRelay::add_fds(std::vector<int>& fds) const {
  if (stdin_) fds.push_back(stdin_->fd());
  if (listener_) fds.insert(fds.end(), {listener_->fd(), from_primary_.get(), client_.get()});
}

Bytes ConsoleRelay::take_input(bool& leave) {
  if (stdin_) {
    Bytes typed = stdin_->read();
    // Scripts may send any byte; only a person can mean to leave.
    return terminal_->is_terminal() ? escape_.filter(typed, leave) : typed;
  }
  return listener_ ? read_client() : Bytes();
}

Bytes ConsoleRelay::read_client() {
  if (is_readable(listener_->fd())) client_ = listener_->accept();
  if (!client_ || !is_readable(client_.get())) return {};
  Bytes bytes = read_some(client_.get());
  if (bytes.empty()) client_.reset();
  return bytes;
}

void ConsoleRelay::relay() {
  while (from_primary_ && is_readable(from_primary_.get())) {
    Bytes bytes = read_some(from_primary_.get());
    if (bytes.empty()) return;
    if (client_ && !send_now(client_.get(), bytes)) client_.reset();
  }
}

}  // namespace recount
