#include "app/evidence_options.h"

#include <fmt/format.h>

#include "app/engine_option.h"
#include "app/index_folder.h"
#include "host/folders.h"
#include "host/terminal.h"

namespace recount {

void add_evidence_argument(CLI::App& verb, EvidenceOptions& options) {
  verb.add_option("EVIDENCE", options.path, "An evidence file (*.recount)")->required();
  verb.add_flag("--json", options.json, "Print the facts as JSON");
}

void add_replay_options(CLI::App& verb, EvidenceOptions& options) {
  add_engine_option(verb, options.engine);
  verb.add_option("--drive", options.drives,
                  "Where a disk's base image is now, in the order of the recording")
      ->allow_extra_args(false);  // one each: what follows may be EVIDENCE
}

void add_index_option(CLI::App& verb, EvidenceOptions& options) {
  verb.add_flag("--no-index", options.no_index, "Replay all of it, and keep no index of it in the cache folder");
}

Result<std::unique_ptr<EvidenceReader>> open_evidence(const EvidenceOptions& options) {
  auto evidence = EvidenceReader::open(options.path);
  if (evidence || evidence.error().message.starts_with(options.path)) return evidence;
  return std::unexpected(in_context(options.path, evidence.error()));
}

namespace {

ReplayOptions replay_options(const EvidenceOptions& options, CodeObserver* observer) {
  return {.engine = options.engine,
          .jit = {.log = engine_log(), .observer = observer},
          .temporary_folder = temporary_folder(),
          .disk_paths = options.drives};
}

}  // namespace

Result<std::unique_ptr<Timeline>> open_timeline(const EvidenceOptions& options, const EvidenceReader& evidence, ConsolePort& console,
                                                std::function<void(uint64_t percent)> progress) {
  auto no_index = [](const Error& why) { write_stderr(fmt::format("recount: no index is kept: {}\n", why.message)); };
  TimelineOptions timeline_options{.replay = replay_options(options, nullptr), .index_path = {}, .progress = std::move(progress)};
  if (!options.no_index) {
    auto path = index_path_of(evidence);
    if (!path) no_index(path.error());
    timeline_options.index_path = path.value_or("");
  }
  auto timeline = Timeline::open(evidence, timeline_options, console);
  if (!timeline) return std::unexpected(in_context(options.path, timeline.error()));
  if (!timeline_options.index_path.empty() && !(*timeline)->opened_by_index()) {
    if (auto written = (*timeline)->write_index(); !written) no_index(written.error());
    tidy_index_folder(timeline_options.index_path);
  }
  return timeline;
}

Result<std::unique_ptr<Replayer>> open_replayer(const EvidenceOptions& options,
                                                const EvidenceReader& evidence, ConsolePort& console,
                                                CodeObserver* observer) {
  auto replayer = Replayer::open(evidence, replay_options(options, observer), console);
  if (replayer || replayer.error().kind != ErrorKind::kDamaged) return replayer;
  return std::unexpected(in_context(options.path, replayer.error()));
}

void ProgressLine::show(uint64_t percent) {
  if (!terminal_size()) return;
  shown_ = true;
  write_stderr(fmt::format("\rrecount: replaying {:3} %", percent));
}

ProgressLine::~ProgressLine() {
  if (shown_) write_stderr("\r\033[2K");
}

}  // namespace recount
