// recount ls: running recorders, and evidence.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/verbs.h"
#include "evidence/evidence_reader.h"
#include "host/folders.h"
#include "host/local_socket.h"

namespace recount {
namespace {

struct LsOptions {
  std::string evidence_folder;
  bool json = false;
};

using Json = nlohmann::ordered_json;

Result<Json> running_recorders() {
  constexpr std::string_view kSuffix = ".sock";
  Json list = Json::array();
  std::string folder = data_folder() + "/run";
  for (const std::string& name : TRY(list_folder(folder))) {
    if (!name.ends_with(kSuffix)) continue;
    auto answer = ask_local(folder + "/" + name, "status");
    if (!answer) continue;  // what is left of a recorder that was killed
    auto status = Json::parse(*answer, nullptr, false);
    if (status.is_object()) list.push_back(std::move(status));
  }
  return list;
}

Result<Json> evidence_files(const std::string& folder) {
  constexpr std::string_view kSuffix = ".recount";
  Json list = Json::array();
  for (const std::string& name : TRY(list_folder(folder))) {
    if (!name.ends_with(kSuffix)) continue;
    std::string path = folder + "/" + name;
    auto evidence = EvidenceReader::open(path);
    if (!evidence) {
      list.push_back({{"path", path}, {"error", evidence.error().message}});
      continue;
    }
    const Manifest& m = (*evidence)->manifest();
    list.push_back({{"path", path},
                    {"cause", m.cause},
                    {"detail", m.detail},
                    {"utc", utc_text(m.utc_ns)},
                    {"certified", m.certified},
                    {"size_bytes", (*evidence)->size_bytes()}});
  }
  return list;
}

Result<int> ls(const LsOptions& options) {
  std::string folder =
      options.evidence_folder.empty() ? data_folder() + "/evidence" : options.evidence_folder;
  Json all{{"recorders", TRY(running_recorders())}, {"evidence", TRY(evidence_files(folder))}};
  if (options.json) {
    fmt::print("{}\n", all.dump(-1, ' ', false, Json::error_handler_t::replace));
    return 0;
  }
  for (const Json& r : all["recorders"]) {
    fmt::print("running   {}: {}, guest {:.1f} s\n", r.value("name", ""), r.value("state", ""),
               r.value("guest_time_s", 0.0));
  }
  for (const Json& e : all["evidence"]) {
    if (e.contains("error")) {
      fmt::print("damaged   {}\n", one_line(e["error"]));
    } else {
      fmt::print("{} {}\n            {}: {}\n", e["certified"].get<bool>() ? "certified" : "UNCERTIFIED",
                 one_line(e["path"]), one_line(e["cause"]), one_line(e["detail"]));
    }
  }
  if (all["recorders"].empty() && all["evidence"].empty())
    fmt::print("no recorder is running; no evidence in {}\n", folder);
  return 0;
}

}  // namespace

void add_ls(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<LsOptions>();
  CLI::App* verb = app.add_subcommand("ls", "List running recorders and evidence files");
  verb->add_option("--evidence-dir", options->evidence_folder,
                   "Where evidence is (default $RECOUNT_DIR/evidence)");
  verb->add_flag("--json", options->json, "Print as JSON");
  verb->footer("Example: recount ls --json");
  run_as(*verb, exit_code, [options] { return ls(*options); });
}

}  // namespace recount
