#pragma once
// Runs a machine from a journal: every event at its position, every digest compared.

#include <optional>
#include <string>

#include "machine/machine.h"
#include "session/output_tap.h"

namespace recount {

// The first place where a replay differs from what was recorded.
struct Divergence {
  Position position{};
  std::string what;
};

class ReplaySession {
 public:
  ReplaySession(Machine& machine, const OutputTap& tap) : machine_(machine), tap_(tap) {}

  // Runs to the event and applies it, or compares it if it is a digest. After a divergence nothing more runs. Where a debugger
  // stops the machine it comes to neither: call again.
  std::optional<Divergence> replay(const Event& event);
  // Runs on to target, between events; or to where a debugger stops the machine.
  std::optional<Divergence> run_to(Position target);
  // The machine is now where so many had been compared.
  void go_on_from(uint64_t digests_compared) { digests_compared_ = digests_compared; }
  uint64_t digests_compared() const { return digests_compared_; }
  // What this machine had at the last digest compared.
  const CheckpointDigest& last_digest() const { return last_digest_; }

 private:
  Divergence diverged(std::string what) const { return {machine_.at(), std::move(what)}; }
  std::optional<Divergence> compare(const CheckpointDigest& recorded);

  Machine& machine_;
  const OutputTap& tap_;
  uint64_t digests_compared_ = 0;
  CheckpointDigest last_digest_;
};

}  // namespace recount
