#pragma once
// What the verbs that open evidence have in common: the file, the engine, where the disks are now.

#include <memory>
#include <string>
#include <vector>

#include "app/verbs.h"
#include "debug/timeline.h"
#include "evidence/replayer.h"

namespace recount {

struct EvidenceOptions {
  std::string path;
  EngineKind engine = kDefaultEngine;
  std::vector<std::string> drives;
  bool json = false;
  bool no_index = false;
};

void add_evidence_argument(CLI::App& verb, EvidenceOptions& options);
void add_replay_options(CLI::App& verb, EvidenceOptions& options);
void add_index_option(CLI::App& verb, EvidenceOptions& options);

// "file.recount: not evidence": every error names the file.
Result<std::unique_ptr<EvidenceReader>> open_evidence(const EvidenceOptions& options);
Result<std::unique_ptr<Replayer>> open_replayer(const EvidenceOptions& options,
                                                const EvidenceReader& evidence, ConsolePort& console,
                                                CodeObserver* observer = nullptr);

// Where a replay stands at any position of it: at the end. progress as TimelineOptions has it. The evidence and the console outlive it.
// With an index that is read, or else written; that it cannot be written is said on stderr.
Result<std::unique_ptr<Timeline>> open_timeline(const EvidenceOptions& options, const EvidenceReader& evidence, ConsolePort& console,
                                                std::function<void(uint64_t percent)> progress);

// Shows how far a long replay is, on a terminal only.
class ProgressLine {
 public:
  void show(uint64_t percent);
  ~ProgressLine();

 private:
  bool shown_ = false;
};

}  // namespace recount
