// recount replay EVIDENCE: runs it again, to the failure.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/code_reports.h"
#include "app/divert.h"
#include "app/evidence_options.h"
#include "evidence/certify.h"
#include "evidence/position_text.h"
#include "host/stream.h"

namespace recount {
namespace {

struct ReplayVerbOptions {
  EvidenceOptions evidence;
  std::string until = "end";
  bool console = false;
  bool divert = false;
  std::string at = "end";  // where it diverts
  std::vector<std::string> patches;
  CodeReportWishes code_reports;
};

class ReplayConsole final : public ConsolePort {
 public:
  explicit ReplayConsole(bool shown) : shown_(shown) {}
  void show() { shown_ = true; }
  void console_output(ConsoleId, ByteView bytes) override {
    if (shown_) write_all(1, bytes);
  }

 private:
  bool shown_;
};

Result<int> replay(const ReplayVerbOptions& options) {
  if (!options.divert && !options.patches.empty()) {
    return fail(ErrorKind::kUsage, "--patch-memory changes what happened: it needs --divert");
  }
  auto evidence = TRY(open_evidence(options.evidence));
  ReplayConsole console(options.console);
  CodeReports reports(options.code_reports);
  auto replayer = TRY(open_replayer(options.evidence, *evidence, console, reports.observer()));
  const Manifest& manifest = evidence->manifest();
  Position until = TRY(position_of(options.divert ? options.at : options.until, *replayer, manifest.guest_time_end_ticks));
  Position begin = replayer->at();
  std::optional<Divergence> diverged;
  {
    ProgressLine progress;
    diverged = replay_until(*replayer, until, [&](uint64_t percent) {
      if (!options.console) progress.show(percent);
    });
  }
  if (diverged) return std::unexpected(in_context(options.evidence.path, fail_diverged(*diverged).error()));
  if (options.divert) {
    for (const std::string& patch : options.patches) TRY(patch_memory(replayer->machine(), patch));
    console.show();
    return divert(*replayer);
  }
  bool at_end = replayer->at() == replayer->end();
  if (options.evidence.json) {
    nlohmann::ordered_json j{{"position", raw(replayer->at())},
                             {"steps", replayer->at() - begin},
                             {"digests_compared", replayer->digests_compared()},
                             {"mismatches", 0},
                             {"pc", fmt::format("{:#x}", replayer->machine().hart().pc)},
                             {"at_end", at_end}};
    fmt::print("{}\n", j.dump());
    return 0;
  }
  fmt::print("{}replayed {} steps to position {}, {} digests compared, 0 mismatches, pc {:#x}\n",
             options.console ? "\n" : "", replayer->at() - begin, raw(replayer->at()),
             replayer->digests_compared(), replayer->machine().hart().pc);
  if (at_end) fmt::print("{}: {}\n", one_line(manifest.cause), one_line(manifest.detail));
  return 0;
}

}  // namespace

void add_replay(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ReplayVerbOptions>();
  CLI::App* verb = app.add_subcommand("replay", "Replay evidence to its end, the failure");
  add_evidence_argument(*verb, options->evidence);
  add_replay_options(*verb, options->evidence);
  add_code_report_options(*verb, options->code_reports);
  verb->add_option("--until", options->until, "A step count, end, -3s, 50%, event:N or a mark's name")
      ->capture_default_str();
  verb->add_flag("--console", options->console, "Print what the guest printed");
  auto* divert = verb->add_flag("--divert", options->divert, "Leave the recording and run on live: no longer evidence");
  verb->add_option("--at", options->at, "Where --divert leaves it")->capture_default_str()->needs(divert);
  verb->add_option("--patch-memory", options->patches, "Before that, change memory: 0x80001000=00ff, may be repeated");
  verb->footer("Example: recount replay guest-panic-20261124T224500Z.recount --console");
  run_as(*verb, exit_code, [options] { return replay(*options); });
}

}  // namespace recount
