#include <cstdio>

#include "app/verbs.h"
#include "base/result.h"

int main(int argc, char** argv) {
  CLI::App app{"Recount: a flight recorder for whole systems"};
  app.require_subcommand(1);
  int exit_code = 0;
  recount::add_run(app, exit_code);
  recount::add_disk(app, exit_code);
  recount::add_version(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);  // --help
    std::fprintf(stderr, "recount: %s\n", e.what());
    return static_cast<int>(recount::ErrorKind::kUsage);
  }
  return exit_code;
}
