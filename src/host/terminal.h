#pragma once
// The console's side of the host: raw mode while we run, and reads that do not block.

#include <termios.h>

#include <cstdint>

#include "base/bytes.h"

namespace recount {

// Standard input without echo, line editing or signals, if it is a terminal; put back at the end.
class RawTerminal {
 public:
  RawTerminal();
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  bool changed_ = false;
  termios before_{};
};

// Waits up to timeout_ns for standard input and reads what is there. Empty on timeout. At end of file it only
// waits: a console without input is no reason to stop.
class ConsoleReader {
 public:
  Bytes read(uint64_t timeout_ns);

 private:
  bool at_end_ = false;
};

void write_stdout(ByteView bytes);

}  // namespace recount
