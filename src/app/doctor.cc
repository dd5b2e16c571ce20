// recount doctor: can this host record?

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "app/verbs.h"
#include "host/folders.h"
#include "host/host_info.h"
#include "journal/ring.h"

namespace recount {
namespace {

struct Finding {
  enum class Level : uint8_t { kOk, kWarning, kProblem } level = Level::kOk;
  std::string what;
};
using Level = Finding::Level;

std::vector<Finding> examine() {
  constexpr uint64_t kMegabyte = 1 << 20, kLowMemory = 1536 * kMegabyte, kLowDisk = 2048 * kMegabyte;
  std::vector<Finding> findings;
  auto note = [&findings](Level level, std::string what) { findings.push_back({level, std::move(what)}); };

  unsigned cores = std::thread::hardware_concurrency();
  note(cores >= 2 ? Level::kOk : Level::kWarning,
       fmt::format("{} processor cores (the backup wants one of its own)", cores));
  note(has_fma() ? Level::kOk : Level::kProblem, "FMA3 and SSE2, for exact floating point");
  uint64_t memory = available_memory_bytes();
  note(memory >= kLowMemory ? Level::kOk : Level::kWarning,
       fmt::format(
           "{} MiB of memory available (primary, backup and saver may each come to hold all of the guest's)",
           memory / kMegabyte));
  auto ring = Ring::create();
  note(ring ? Level::kOk : Level::kProblem, ring ? "shared memory for the journal" : ring.error().message);

  std::string folder = data_folder() + "/run";
  auto made = make_folder(folder);
  auto probe =
      made ? make_private_folder(folder, "doctor") : Result<std::string>(std::unexpected(made.error()));
  note(probe ? Level::kOk : Level::kProblem,
       probe ? data_folder() + " can be written" : probe.error().message);
  if (probe) remove_folder(*probe);
  uint64_t disk = free_bytes(data_folder());
  note(disk >= kLowDisk ? Level::kOk : Level::kWarning,
       fmt::format("{} MiB free in {}", disk / kMegabyte, data_folder()));
  constexpr size_t kLongestSocketFolder = 70;
  note(folder.size() <= kLongestSocketFolder ? Level::kOk : Level::kWarning,
       "control sockets fit below " + folder + " (else set RECOUNT_DIR to a shorter path)");
  return findings;
}

Result<int> doctor(bool json) {
  constexpr const char* kNames[] = {"ok", "warning", "PROBLEM"};
  bool healthy = true;
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Finding& f : examine()) {
    const char* name = kNames[static_cast<size_t>(f.level)];
    healthy = healthy && f.level != Level::kProblem;
    list.push_back({{"level", name}, {"what", f.what}});
    if (!json) fmt::print("{:8} {}\n", name, f.what);
  }
  if (json) fmt::print("{}\n", list.dump());
  return healthy ? 0 : static_cast<int>(ErrorKind::kUnavailable);
}

}  // namespace

void add_doctor(CLI::App& app, int& exit_code) {
  auto json = std::make_shared<bool>(false);
  CLI::App* verb = app.add_subcommand("doctor", "Check whether this host can record");
  verb->add_flag("--json", *json, "Print as JSON");
  verb->footer("Example: recount doctor");
  run_as(*verb, exit_code, [json] { return doctor(*json); });
}

}  // namespace recount
