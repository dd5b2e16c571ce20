#include "evidence/certify.h"

#include "evidence/names.h"
#include "host/clock.h"

namespace recount {

std::optional<Divergence> replay_until(Replayer& replayer, Position target,
                                       const std::function<void(uint64_t percent)>& progress) {
  Position begin = replayer.at();
  uint64_t length = target - begin;
  std::optional<Divergence> diverged;
  for (uint64_t percent = 1; percent <= 100 && !diverged; ++percent) {
    diverged = replayer.run_until(begin + length / 100 * percent + length % 100 * percent / 100);
    progress(percent);
  }
  return diverged;
}

ReplayVerdict replay_to_end(Replayer& replayer, const std::function<void(uint64_t percent)>& progress) {
  SystemClock clock;
  uint64_t started_ns = clock.monotonic_ns();
  Position begin = replayer.at();
  ReplayVerdict verdict;
  verdict.divergence = replay_until(replayer, replayer.end(), progress);
  verdict.steps = replayer.at() - begin;
  verdict.events = replayer.events_applied();
  verdict.digests_compared = replayer.digests_compared();
  verdict.final_digest = replayer.whole_digest();
  verdict.guest_time_end_ticks = replayer.machine().time_ticks();
  verdict.host_seconds = static_cast<double>(clock.monotonic_ns() - started_ns) / 1e9;
  return verdict;
}

Certificate make_certificate(const EvidenceReader& evidence, const ReplayVerdict& verdict,
                             const std::string& engine, const std::string& tool_version, uint64_t utc_ns) {
  const Manifest& manifest = evidence.manifest();
  return {.engine = engine,
          .tool_version = tool_version,
          .position_begin = manifest.position_begin,
          .position_end = manifest.position_end,
          .steps = verdict.steps,
          .events = verdict.events,
          .digests_compared = verdict.digests_compared,
          .mismatches = 0,
          .final_digest = {verdict.final_digest.harts.hex(), verdict.final_digest.devices.hex(),
                           verdict.final_digest.output.hex(), verdict.final_digest.ram.hex()},
          .host_seconds = verdict.host_seconds,
          .utc_ns = utc_ns,
          .vouches_for = replay_inputs(manifest.members)};
}

}  // namespace recount
