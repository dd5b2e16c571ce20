// recount version

#include <fmt/format.h>

#include "app/verbs.h"
#include "base/build_info.h"

namespace recount {

void add_version(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand("version", "Print version and build id");
  run_as(*verb, exit_code, []() -> Result<int> {
    fmt::print("recount {} (build {})\n", kToolVersion, build_id());
    return 0;
  });
}

}  // namespace recount
