#include "host/tool.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cerrno>

#include "host/fd.h"
#include "host/os_error.h"
#include "host/stream.h"

namespace recount {
namespace {

std::vector<char*> pointers_to(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

std::string last_line_of(const std::string& text) {
  size_t end = text.find_last_not_of("\n ");
  if (end == std::string::npos) return "it said nothing";
  size_t begin = text.rfind('\n', end) + 1;  // npos + 1 is the beginning
  return text.substr(begin, end + 1 - begin);
}

}  // namespace

Result<void> run_tool(const std::vector<std::string>& words, const std::string& package,
                      const std::vector<std::string>& environment) {
  std::vector<std::string> all = environment;
  for (char** variable = environ; *variable != nullptr; ++variable) all.emplace_back(*variable);
  auto [ours, its] = TRY(stream_pair());

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, its.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, its.get(), STDERR_FILENO);
  pid_t pid = 0;
  auto arguments = pointers_to(words), variables = pointers_to(all);
  int error = posix_spawnp(&pid, words[0].c_str(), &actions, nullptr, arguments.data(), variables.data());
  if (error == ENOENT) {
    error = posix_spawn(&pid, ("/usr/sbin/" + words[0]).c_str(), &actions, nullptr, arguments.data(), variables.data());
  }
  posix_spawn_file_actions_destroy(&actions);
  if (error == ENOENT) return fail(ErrorKind::kUnavailable, words[0] + ": not installed; install " + package);
  if (error != 0) {
    errno = error;
    return os_error(ErrorKind::kUnavailable, words[0], "start");
  }

  its.reset();
  std::string said;
  constexpr size_t kMostSaid = 1 << 20;
  for (Bytes part = read_some(ours.get()); !part.empty(); part = read_some(ours.get())) {
    said.append(part.begin(), part.end());
    if (said.size() > kMostSaid) said.erase(0, said.size() - kMostSaid);
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return os_error(ErrorKind::kFailure, words[0], "wait for it");
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(ErrorKind::kFailure, words[0] + " failed: " + last_line_of(said));
}

Result<int> start_in_foreground(const std::vector<std::string>& words, const std::string& package) {
  ::signal(SIGINT, SIG_IGN);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGINT);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t pid = 0;
  int error = posix_spawnp(&pid, words[0].c_str(), nullptr, &attributes, pointers_to(words).data(), environ);
  posix_spawnattr_destroy(&attributes);
  if (error == ENOENT) return fail(ErrorKind::kUnavailable, words[0] + ": not installed; install " + package);
  if (error != 0) {
    errno = error;
    return os_error(ErrorKind::kUnavailable, words[0], "start");
  }
  return pid;
}

}  // namespace recount
