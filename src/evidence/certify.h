#pragma once
// Replays a whole evidence file and says what came of it: the certificate, when it is made; the verdict of
// `recount verify`, anywhere and at any time after.

#include <functional>

#include "evidence/replayer.h"

namespace recount {

struct ReplayVerdict {
  uint64_t steps = 0, events = 0, digests_compared = 0;
  std::optional<Divergence> divergence;
  CheckpointDigest final_digest;  // where the replay ended
  uint64_t guest_time_end_ticks = 0;
  double host_seconds = 0;

  bool exact() const { return !divergence; }
};

// Runs to target, telling the percentage done about every hundredth part. The first difference, if there is
// one.
std::optional<Divergence> replay_until(Replayer& replayer, Position target,
                                       const std::function<void(uint64_t percent)>& progress);

// progress: called about every hundredth part with the percentage done.
ReplayVerdict replay_to_end(Replayer& replayer, const std::function<void(uint64_t percent)>& progress);

// Of an exact replay of this evidence.
Certificate make_certificate(const EvidenceReader& evidence, const ReplayVerdict& verdict,
                             const std::string& engine, const std::string& tool_version, uint64_t utc_ns);

}  // namespace recount
