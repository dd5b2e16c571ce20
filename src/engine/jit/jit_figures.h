#pragma once
// What the JIT has made, and what that took. Times are only taken where somebody asks: they are the host's clock's.

#include <cstddef>
#include <cstdint>
#include <string>

#include "host/clock.h"

namespace recount::jit {

// Adds up the host's time between start and stop; nothing if it is not wanted.
class Stopwatch {
 public:
  explicit Stopwatch(bool wanted) : wanted_(wanted) {}
  void start() {
    if (wanted_) since_ns_ = clock_.monotonic_ns();
  }
  void stop() {
    if (wanted_) total_ns_ += clock_.monotonic_ns() - since_ns_;
  }
  double seconds() const { return static_cast<double>(total_ns_) / 1e9; }

 private:
  bool wanted_;
  SystemClock clock_;
  uint64_t since_ns_ = 0, total_ns_ = 0;
};

// Runs the watch as long as it lives.
class Timed {
 public:
  explicit Timed(Stopwatch& watch) : watch_(watch) { watch_.start(); }
  ~Timed() { watch_.stop(); }
  Timed(const Timed&) = delete;

 private:
  Stopwatch& watch_;
};

struct Figures {
  explicit Figures(bool times_wanted) : running(times_wanted), translating(times_wanted) {}

  uint64_t blocks = 0, instructions = 0, host_bytes = 0;
  uint64_t dropped = 0, fills = 0;
  Stopwatch running;      // all of the engine's time, translating too
  Stopwatch translating;
};

// One line. used_bytes: of the code memory's size_bytes, now.
std::string describe(const Figures& figures, size_t used_bytes, size_t size_bytes);

}  // namespace recount::jit
