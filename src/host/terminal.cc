#include "host/terminal.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

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

Bytes ConsoleReader::read(uint64_t timeout_ns) {
  timespec timeout{static_cast<time_t>(timeout_ns / 1'000'000'000), static_cast<long>(timeout_ns % 1'000'000'000)};
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (::ppoll(&input, at_end_ ? 0 : 1, &timeout, nullptr) <= 0) return {};
  Bytes bytes(256);
  ssize_t got = ::read(STDIN_FILENO, bytes.data(), bytes.size());
  if (got == 0) at_end_ = true;
  bytes.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
  return bytes;
}

void write_stdout(ByteView bytes) {
  while (!bytes.empty()) {
    ssize_t done = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return;  // nobody listens: the guest goes on
    bytes = bytes.subspan(static_cast<size_t>(done));
  }
}

}  // namespace recount
