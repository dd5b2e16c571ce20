#include <cstdio>

#include "app/verbs.h"

namespace recount {

void add_version(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand("version", "Print the version");
  verb->callback([&exit_code] {
    std::puts("recount " RECOUNT_VERSION);
    exit_code = 0;
  });
}

}  // namespace recount
