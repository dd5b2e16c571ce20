// recount verify EVIDENCE: is it whole, unaltered, and does it lead to the failure? Anywhere, with either
// engine.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/evidence_options.h"
#include "app/silent_console.h"
#include "evidence/bisect.h"
#include "evidence/certify.h"

namespace recount {
namespace {

struct VerifyOptions {
  EvidenceOptions evidence;
  bool bisect = false;
};

// What the certificate says against what this replay gave. Empty if they agree.
std::string disagreement(const Certificate& c, const ReplayVerdict& v) {
  Certificate::Final here{v.final_digest.harts.hex(), v.final_digest.devices.hex(),
                          v.final_digest.output.hex(), v.final_digest.ram.hex()};
  if (c.steps != v.steps)
    return fmt::format("its certificate speaks of {} steps, the replay made {}", c.steps, v.steps);
  if (c.digests_compared != v.digests_compared)
    return "its certificate counts other digests than its journal has";
  if (c.final_digest != here) return "the replay ends in another state than its certificate says";
  return "";
}

Result<int> diverged(const VerifyOptions& options, const EvidenceReader& evidence,
                     const Divergence& divergence) {
  std::string where = fmt::format("{}: the replay diverged at position {}: {}", options.evidence.path,
                                  raw(divergence.position), divergence.what);
  if (!options.bisect)
    return fail(ErrorKind::kDiverged, where + " (--bisect finds the first differing step)");
  std::fprintf(stderr, "recount: %s; bisecting between the engines\n", where.c_str());
  SilentConsole console;
  EvidenceOptions fast = options.evidence;
  fast.engine = EngineKind::kInterp;
  auto replayer = TRY(open_replayer(fast, evidence, console));
  Bisection found = TRY(bisect_engines(*replayer, EngineKind::kReference, divergence));
  fmt::print("{}\n", describe(found));
  return static_cast<int>(ErrorKind::kDiverged);
}

Result<int> verify(const VerifyOptions& options) {
  auto evidence = TRY(open_evidence(options.evidence));
  const std::string& path = options.evidence.path;
  if (auto sealed = evidence->check_seal(); !sealed) return std::unexpected(in_context(path, sealed.error()));
  SilentConsole console;
  auto replayer = TRY(open_replayer(options.evidence, *evidence, console));
  ReplayVerdict verdict;
  {
    ProgressLine progress;
    verdict = replay_to_end(*replayer, [&progress](uint64_t percent) { progress.show(percent); });
  }
  if (!verdict.exact()) return diverged(options, *evidence, *verdict.divergence);
  const auto& certificate = evidence->certificate();
  if (certificate) {
    std::string wrong = disagreement(*certificate, verdict);
    if (!wrong.empty()) return fail(ErrorKind::kDiverged, path + ": " + wrong);
  }
  if (options.evidence.json) {
    nlohmann::ordered_json j{{"sealed", true},
                             {"certified", certificate.has_value()},
                             {"steps", verdict.steps},
                             {"events", verdict.events},
                             {"digests_compared", verdict.digests_compared},
                             {"mismatches", 0},
                             {"engine", engine_name(options.evidence.engine)},
                             {"host_seconds", verdict.host_seconds}};
    fmt::print("{}\n", j.dump());
    return 0;
  }
  fmt::print("sealed: every member matches its digest, and the closing record matches the file\n");
  fmt::print("exact: {} steps replayed with the {} engine in {:.1f} s, {} digests compared, 0 mismatches\n",
             verdict.steps, engine_name(options.evidence.engine), verdict.host_seconds, verdict.digests_compared);
  if (certificate)
    fmt::print("its certificate, made with the {} engine, says the same\n", certificate->engine);
  if (!certificate)
    fmt::print("it was saved without a certificate: {}\n", evidence->manifest().uncertified_reason);
  return 0;
}

}  // namespace

void add_verify(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<VerifyOptions>();
  CLI::App* verb =
      app.add_subcommand("verify", "Check an evidence file's seal and digests, and replay all of it");
  add_evidence_argument(*verb, options->evidence);
  add_replay_options(*verb, options->evidence);
  verb->add_flag("--bisect", options->bisect,
                 "If the replay diverges, find the first step at which the engines differ");
  verb->footer(
      "Example: recount verify guest-panic-20261124T224500Z.recount --engine reference\n"
      "Exit codes: 0 it holds, 4 the replay diverged, 5 altered or cut, 65 no evidence.");
  run_as(*verb, exit_code, [options] { return verify(*options); });
}

}  // namespace recount
