#pragma once
// The user's terminal: raw mode while we run, reads that do not block, messages.

#include <termios.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace recount {

// Standard input without echo, line editing or signals, if it is a terminal; put back at the end.
class RawTerminal {
 public:
  RawTerminal();
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;
  bool is_terminal() const { return changed_; }

 private:
  bool changed_ = false;
  termios before_{};
};

// Reads standard input. At its end it only falls silent: a console without input is no reason to stop.
class ConsoleReader {
 public:
  // To wait on; -1 at end of file.
  int fd() const { return at_end_ ? -1 : 0; }
  // What is there now.
  Bytes read();

 private:
  bool at_end_ = false;
};

void write_stderr(std::string_view text);

struct TerminalSize {
  unsigned rows = 0, columns = 0;
};
// Of standard error's terminal; nullopt if it is none.
std::optional<TerminalSize> terminal_size();

}  // namespace recount
