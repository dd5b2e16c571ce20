#pragma once
// Engines in lockstep: what both forms of it share.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/engine_kind.h"

namespace recount::lockstep {

// Exit codes, as `recount verify` has them.
inline constexpr int kSame = 0, kDiffer = 4;

struct ProgramOptions {
  uint64_t seed = 0;  // of the first; the next has the next number
  uint64_t count = 1000;
  uint64_t most_steps = 1500;  // of each
  std::vector<EngineKind> engines;
};
int run_programs(const ProgramOptions& options);

struct LinuxOptions {
  uint64_t seed = 0;  // of where it is stopped, and what is typed
  std::string kernel, initrd, append;
  uint64_t ram_bytes = 0;
  uint64_t most_steps = 0;
  uint64_t longest_slice = 0;  // steps
  bool input = false;          // random bytes on the console
  std::vector<EngineKind> engines;
};
int run_linux(const LinuxOptions& options);

// Says every ten seconds how far it is.
class Progress {
 public:
  bool due() {
    auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::seconds(10)) return false;
    last_ = now;
    return true;
  }
  int64_t seconds() const {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - began_).count();
  }

 private:
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_ = began_;
};

}  // namespace recount::lockstep
