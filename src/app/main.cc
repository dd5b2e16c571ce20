#include <csignal>
#include <cstdio>

#include "app/verbs.h"

int main(int argc, char** argv) {
  // A reader that has gone shows as an error of write(2).
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app{"Recount: a flight recorder for whole Linux systems"};
  app.require_subcommand(1);
  app.fallthrough(false);
  int exit_code = 0;
  recount::add_run(app, exit_code);
  recount::add_replay(app, exit_code);
  recount::add_verify(app, exit_code);
  recount::add_info(app, exit_code);
  recount::add_ctl(app, exit_code);
  recount::add_ls(app, exit_code);
  recount::add_doctor(app, exit_code);
  recount::add_disk(app, exit_code);
  recount::add_version(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);  // --help
    std::fprintf(stderr, "recount: %s (see recount --help)\n", recount::one_line(e.what()).c_str());
    return static_cast<int>(recount::ErrorKind::kUsage);
  }
  return exit_code;
}
