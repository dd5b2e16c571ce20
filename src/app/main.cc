#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "app/verbs.h"

namespace {

// What was printed may not have got out: of a full disk, say. A reader that has gone had enough.
int told(int exit_code, int error) {
  if (error == 0 || error == EPIPE) return exit_code;
  std::fprintf(stderr, "recount: standard output: cannot write: %s\n", std::strerror(error));
  return exit_code == 0 ? static_cast<int>(recount::ErrorKind::kUnavailable) : exit_code;
}

int flush_stdout(int exit_code) {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return exit_code;
  return told(exit_code, errno != 0 ? errno : EIO);
}

}  // namespace

int main(int argc, char** argv) {
  // A reader that has gone shows as an error of write(2).
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app{"Recount: a flight recorder for whole Linux systems"};
  app.require_subcommand(1);
  app.fallthrough(false);
  int exit_code = 0;
  recount::add_run(app, exit_code);
  recount::add_replay(app, exit_code);
  recount::add_debug(app, exit_code);
  recount::add_export(app, exit_code);
  recount::add_query(app, exit_code);
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
    if (e.get_exit_code() == 0) return flush_stdout(app.exit(e));  // --help
    std::fprintf(stderr, "recount: %s (see recount --help)\n", recount::one_line(e.what()).c_str());
    return static_cast<int>(recount::ErrorKind::kUsage);
  } catch (const std::system_error& e) {  // fmt's only way to say that stdout's buffer did not get out
    // The verb was left in its middle: what it would have found is not known, even if nobody reads it.
    if (e.code().value() == EPIPE && exit_code == 0) return static_cast<int>(recount::ErrorKind::kFailure);
    return told(exit_code, e.code().value());
  }
  return flush_stdout(exit_code);
}
