#include "host/process.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "host/os_error.h"
#include "host/retry.h"

namespace recount {

Result<int> fork_process(const std::string& name, const std::function<int()>& body) {
  std::fflush(nullptr);
  pid_t pid = ::fork();
  if (pid < 0) return os_error(ErrorKind::kUnavailable, name, "fork");
  if (pid == 0) {
    ::prctl(PR_SET_NAME, name.c_str());
    int code = body();
    std::fflush(nullptr);
    ::_exit(code);
  }
  return pid;
}

std::optional<ProcessEnd> reap() {
  int status = 0;
  pid_t pid = retry([&] { return ::waitpid(-1, &status, WNOHANG); });
  if (pid <= 0) return std::nullopt;
  ProcessEnd end{.pid = pid};
  if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  return end;
}

void adopt_orphans() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }
void forget_children() { ::signal(SIGCHLD, SIG_IGN); }
int own_pid() { return ::getpid(); }
void die_with_parent() { ::prctl(PR_SET_PDEATHSIG, SIGKILL); }
void kill_process(int pid) {
  if (pid > 0) ::kill(pid, SIGKILL);
}

}  // namespace recount
