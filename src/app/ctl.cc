// recount ctl NAME status|save|mark|stop: a line to a running recorder, and its answer.

#include <fmt/format.h>

#include "app/ask_recorder.h"
#include "app/verbs.h"

namespace recount {
namespace {

struct CtlOptions {
  std::string name, command;
  std::vector<std::string> words;
  bool json = false;
};

// The answer as a list for people: a line a fact.
void print_facts(const nlohmann::ordered_json& answer) {
  for (const auto& [key, value] : answer.items()) {
    fmt::print("{:20} {}\n", key, value.is_string() ? value.get<std::string>() : value.dump());
  }
}

Result<int> ctl(const CtlOptions& options) {
  std::string line = options.command;
  for (const std::string& word : options.words) line += " " + word;
  auto answer = TRY(ask_recorder(options.name, line));
  if (options.json) {
    fmt::print("{}\n", answer.dump());
  } else {
    print_facts(answer);
  }
  return 0;
}

}  // namespace

void add_ctl(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<CtlOptions>();
  CLI::App* verb = app.add_subcommand("ctl", "Ask or tell a running recorder");
  verb->add_option("NAME", options->name, "The recorder, as recount ls shows it")->required();
  verb->add_option("COMMAND", options->command, "status, save [TEXT], mark TEXT or stop")
      ->required()
      ->check(CLI::IsMember({"status", "save", "mark", "stop"}));
  verb->add_option("TEXT", options->words, "For save and mark");
  verb->add_flag("--json", options->json, "Print the answer as JSON");
  verb->footer("Example: recount ctl guest save it looked odd\nsave answers when the evidence is saved; its certified tells whether it has been replayed.");
  run_as(*verb, exit_code, [options] { return ctl(*options); });
}

}  // namespace recount
