#include "host/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "host/poll.h"
#include "host/stream.h"

namespace recount {

RawTerminal::RawTerminal() {
  if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
  termios raw = before_;
  ::cfmakeraw(&raw);
  raw.c_oflag |= OPOST;
  changed_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

RawTerminal::~RawTerminal() {
  if (changed_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

Bytes ConsoleReader::read() {
  if (at_end_ || !is_readable(STDIN_FILENO)) return {};
  Bytes bytes = read_some(STDIN_FILENO);
  at_end_ = bytes.empty();
  return bytes;
}

void write_stderr(std::string_view text) { write_all(STDERR_FILENO, view_of(text)); }

std::optional<TerminalSize> terminal_size() {
  winsize size{};
  if (::isatty(STDERR_FILENO) == 0 || ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0) return std::nullopt;
  return TerminalSize{size.ws_row, size.ws_col};
}

}  // namespace recount
