// recount debug EVIDENCE: gdb at the failure, and backwards from there.

#include <fmt/format.h>

#include "app/ask_recorder.h"
#include "app/evidence_options.h"
#include "app/gdb_script.h"
#include "app/gdb_symbols.h"
#include "app/silent_console.h"
#include "debug/gdb_server.h"
#include "debug/linux/kernel_symbols.h"
#include "debug/symbol_file.h"
#include "host/folders.h"
#include "host/local_socket.h"
#include "host/loopback_listener.h"
#include "host/poll.h"
#include "host/process.h"
#include "host/stream.h"
#include "host/terminal.h"
#include "host/tool.h"

namespace recount {
namespace {

struct DebugOptions {
  EvidenceOptions evidence;
  std::optional<uint16_t> port;
  bool no_gdb = false;
  std::string symbols;
  bool debuginfod = false;
  std::string live;  // a running recorder
  std::string sysroot;
};

// What gdb is started with, and the socket that it finds us by.
class PrivateFolder {
 public:
  // kernel: what the guest's kernel says of itself; given: for gdb instead.
  static Result<PrivateFolder> make(const Symbols& kernel, const std::optional<GdbSymbols>& given) {
    PrivateFolder folder(TRY(make_private_folder(temporary_folder(), "recount-debug")));
    if (given) {
      folder.symbols_ = *given;
    } else if (!kernel.empty()) {
      folder.symbols_.path = folder.path_ + "/kallsyms";
      auto file = TRY(open_for_append(folder.symbols_.path));
      write_all(file.get(), symbol_file(kernel));
    }
    auto script = TRY(open_for_append(folder.script()));
    write_all(script.get(), view_of(kGdbScript));
    return folder;
  }
  PrivateFolder(PrivateFolder&& other) noexcept : path_(std::exchange(other.path_, "")), symbols_(std::move(other.symbols_)) {}
  PrivateFolder& operator=(PrivateFolder&&) = delete;
  ~PrivateFolder() {
    if (!path_.empty()) remove_folder(path_);
  }
  // The file that gdb takes names from, wherever it is; without a path if there is none.
  const GdbSymbols& symbols() const { return symbols_; }
  std::string script() const { return path_ + "/recount.py"; }
  std::string socket() const { return path_ + "/gdb"; }

 private:
  explicit PrivateFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
  GdbSymbols symbols_;
};

// sysroot: empty if there is none.
std::vector<std::string> gdb_command(const PrivateFolder& folder, const std::string& sysroot, const std::string& target) {
  std::vector<std::string> words = {"gdb-multiarch", "-q", "-iex", "set architecture riscv:rv64", "-iex", "set confirm off"};
  if (!sysroot.empty()) words.insert(words.end(), {"-iex", "set sysroot " + sysroot});
  const auto& [symbols, offset] = folder.symbols();
  if (!symbols.empty() && offset == 0) words.push_back(symbols);
  if (!symbols.empty() && offset != 0) words.insert(words.end(), {"-ex", fmt::format("symbol-file -o {:#x} \"{}\"", offset, symbols)});
  for (const std::string& word : {std::string("-ex"), "target remote " + target, std::string("-x"), folder.script()}) words.push_back(word);
  return words;
}

// gdb is our child, and its end is ours.
Result<int> with_gdb(const DebugOptions& options, GdbServer& server, const PrivateFolder& folder) {
  auto listener = TRY(LocalListener::listen(folder.socket()));
  TRY(start_in_foreground(gdb_command(folder, options.sysroot, folder.socket()), "gdb-multiarch"));
  constexpr uint64_t kLook_ns = 100'000'000;
  for (;;) {
    int fd = listener.fd();
    if (wait_readable({&fd, 1}, kLook_ns)) {
      Fd connection = listener.accept();
      if (connection) server.serve(connection.get());
    }
    if (auto end = reap()) return end->exit_code == 0 ? 0 : 1;
  }
}

// As one word of a command line.
std::string for_shell(const std::string& word) {
  constexpr std::string_view kPlain = "-_./:=+,@%^abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string quoted = "'";
  for (char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

Result<int> for_any_client(const DebugOptions& options, GdbServer& server, const PrivateFolder& folder) {
  auto listener = TRY(LoopbackListener::listen(options.port.value_or(0)));
  std::string line;
  for (const std::string& word : gdb_command(folder, options.sysroot, fmt::format("127.0.0.1:{}", listener.port()))) {
    line += (line.empty() ? "" : " ") + for_shell(word);
  }
  fmt::print("{}\n", line);
  std::fflush(stdout);
  for (;;) {
    Fd connection = listener.accept();
    if (connection && server.serve(connection.get()) == SessionEnd::kKilled) return 0;
  }
}

// Evidence of a recorder's guest up to now, saved and certified while it runs on: its path.
Result<std::string> evidence_of_running(const std::string& name) {
  if (terminal_size()) write_stderr(fmt::format("recount: {} saves evidence of its window up to now ...\n", name));
  auto answer = TRY(ask_recorder(name, "save to look at (recount debug --live)"));
  auto path = answer.find("path");
  if (path == answer.end() || !path->is_string()) return fail(ErrorKind::kFailure, name + ": gave an answer without a path");
  write_stderr(fmt::format("recount: {}\n", one_line(path->get<std::string>())));
  return path->get<std::string>();
}

Result<int> debug(DebugOptions options) {
  const bool serves = options.port || options.no_gdb;
  // A missing gdb is told before anything that takes long.
  if (!serves) TRY(run_tool({"gdb-multiarch", "--version"}, "gdb-multiarch"));
  if (options.live.empty() == options.evidence.path.empty()) return fail(ErrorKind::kUsage, "debug: EVIDENCE or --live NAME is needed, one of them");
  if (!options.live.empty()) options.evidence.path = TRY(evidence_of_running(options.live));
  auto evidence = TRY(open_evidence(options.evidence));
  SilentConsole console;
  std::unique_ptr<Timeline> timeline;
  {
    ProgressLine progress;
    timeline = TRY(open_timeline(options.evidence, *evidence, console, [&](uint64_t percent) { progress.show(percent); }));
  }
  const Symbols symbols = kernel_symbols(timeline->machine());
  std::optional<GdbSymbols> given;
  if (!options.symbols.empty()) given = TRY(symbols_from_file(options.symbols, timeline->machine(), symbols));
  if (options.debuginfod) given = TRY(symbols_from_debuginfod(timeline->machine(), symbols));
  Monitor monitor(*timeline, *evidence, symbols);
  GdbServer server(*timeline, monitor);
  const PrivateFolder folder = TRY(PrivateFolder::make(symbols, given));
  return serves ? for_any_client(options, server, folder) : with_gdb(options, server, folder);
}

}  // namespace

void add_debug(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<DebugOptions>();
  CLI::App* verb = app.add_subcommand("debug", "Open evidence in gdb, at the failure; gdb goes backwards from there");
  verb->add_option("EVIDENCE", options->evidence.path, "An evidence file (*.recount)");
  verb->add_option("--live", options->live, "Instead of EVIDENCE: the last seconds of this running recorder, saved as evidence first");
  add_replay_options(*verb, options->evidence);
  add_index_option(*verb, options->evidence);
  verb->add_option("--port", options->port, "Serve this TCP port of this machine for any client, and start no gdb; 0: any port");
  verb->add_flag("--no-gdb", options->no_gdb, "Start no gdb; print how to start one");
  auto* symbols = verb->add_option("--symbols", options->symbols, "A file with the guest's symbols, as gdb reads it (vmlinux); refused if its build id is not the kernel's");
  verb->add_flag("--debuginfod", options->debuginfod, "Take the kernel's debug file from $DEBUGINFOD_URLS, by its build id")->excludes(symbols);
  verb->add_option("--sysroot", options->sysroot, "The guest's files: gdb's process command takes the names of what a process runs from there")
      ->check(CLI::ExistingDirectory);
  verb->footer("Example: recount debug guest-panic-20261124T224500Z.recount, then: reverse-stepi, goto -1s, who-wrote ADDRESS");
  run_as(*verb, exit_code, [options] { return debug(*options); });
}

}  // namespace recount
