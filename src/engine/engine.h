#pragma once
// An engine executes a hart's instructions. Exact: it stops at any step asked for, and gives the same
// architectural results as every other engine.

#include <cstdint>

namespace recount {

enum class Exit : uint8_t {
  kLimit,      // the step limit is reached
  kAttention,  // something that decides about interrupts may have changed (CSR, xret, WFI, a device)
  kSbiCall,    // S-mode's ecall, for the machine to answer; pc is already behind it
  kTrapLoop,   // a trap handler whose own first instruction traps: it will do so for ever
  kBreakpoint,  // a debugger's: the instruction at pc has not run
};

class Engine {
 public:
  virtual ~Engine() = default;
  // Runs until the Timebase's steps reach limit (not beyond), or an earlier Exit.
  virtual Exit run(uint64_t limit) = 0;
  // Forgets everything cached. After the state was replaced.
  virtual void flush() = 0;
  // In a child process, before it runs anything: what a fork must not share is made anew.
  virtual void forked() {}
  // For paranoid builds, between two steps: CHECKs that all it has cached is what it would make now.
  virtual void audit() const {}
};

}  // namespace recount
