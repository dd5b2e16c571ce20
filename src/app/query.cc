// recount query EVIDENCE KIND: questions to all of a recording, each answered by a replay.

#include "app/query.h"

namespace recount {
namespace {

constexpr struct {
  const char* name;
  Result<void> (*answer)(const QueryOptions&, QueryOutput&);
} kKinds[] = {{"writes", query_writes},     {"calls", query_calls},       {"trace", query_trace}, {"coverage", query_coverage},
              {"profile", query_profile}, {"syscalls", query_syscalls}, {"sched", query_sched}};

Result<int> query(const QueryOptions& options) {
  QueryOutput out(options.evidence.json);
  for (const auto& kind : kKinds) {
    if (options.kind == kind.name) {
      TRY(kind.answer(options, out));
      return 0;
    }
  }
  return fail(ErrorKind::kUsage, "no such query: " + options.kind);
}

}  // namespace

void add_query(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<QueryOptions>();
  CLI::App* verb = app.add_subcommand(
      "query", "Ask all of a recording: who wrote, who called, every instruction, where the steps went");
  add_evidence_argument(*verb, options->evidence);
  std::vector<std::string> kinds;
  for (const auto& kind : kKinds) kinds.emplace_back(kind.name);
  verb->add_option("KIND", options->kind, "writes, calls, trace, coverage, profile, syscalls or sched")
      ->required()
      ->check(CLI::IsMember(kinds));
  add_replay_options(*verb, options->evidence);
  add_index_option(*verb, options->evidence);
  verb->add_option("--from", options->from,
                   "A step count, end, -3s, 50%, event:N or a mark's name; by default the begin");
  verb->add_option("--to", options->to, "Up to there, and not the step from there")->capture_default_str();
  verb->add_option("--addr", options->address, "writes: an address, or a symbol of the kernel's");
  verb->add_option("--size", options->size, "writes: so many bytes, up to 65536")->capture_default_str();
  verb->add_flag("--physical", options->physical, "writes: the address is a physical one");
  verb->add_flag("--folded", options->folded,
                 "profile: by call stack, as flamegraph.pl and speedscope take it");
  verb->add_option("--function", options->function, "calls: an address, or a symbol of the kernel's");
  verb->footer(
      "Example: recount query guest-panic-20261124T224500Z.recount calls --function vfs_write --from=-1s");
  run_as(*verb, exit_code, [options] { return query(*options); });
}

}  // namespace recount
