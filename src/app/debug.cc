// recount debug EVIDENCE: gdb at the failure, and backwards from there.

#include <fmt/format.h>

#include "app/evidence_options.h"
#include "app/gdb_script.h"
#include "app/silent_console.h"
#include "debug/gdb_server.h"
#include "debug/kallsyms.h"
#include "debug/symbol_file.h"
#include "host/folders.h"
#include "host/local_socket.h"
#include "host/loopback_listener.h"
#include "host/poll.h"
#include "host/process.h"
#include "host/stream.h"
#include "host/tool.h"

namespace recount {
namespace {

struct DebugOptions {
  EvidenceOptions evidence;
  std::optional<uint16_t> port;
  bool no_gdb = false;
  std::string symbols;
};

// What gdb is started with, and the socket that it finds us by.
class PrivateFolder {
 public:
  // symbols are what the guest's kernel says of itself.
  static Result<PrivateFolder> make(const DebugOptions& options, const Symbols& symbols) {
    PrivateFolder folder(TRY(make_private_folder(temporary_folder(), "recount-debug")));
    folder.symbols_ = options.symbols;
    if (options.symbols.empty() && !symbols.empty()) {
      folder.symbols_ = folder.path_ + "/kallsyms";
      auto file = TRY(open_for_append(folder.symbols_));
      write_all(file.get(), symbol_file(symbols));
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
  // The file that gdb takes names from, wherever it is; empty if there is none.
  const std::string& symbols() const { return symbols_; }
  std::string script() const { return path_ + "/recount.py"; }
  std::string socket() const { return path_ + "/gdb"; }

 private:
  explicit PrivateFolder(std::string path) : path_(std::move(path)) {}
  std::string path_, symbols_;
};

std::vector<std::string> gdb_command(const PrivateFolder& folder, const std::string& target) {
  std::vector<std::string> words = {"gdb-multiarch", "-q", "-iex", "set architecture riscv:rv64", "-iex", "set confirm off"};
  if (!folder.symbols().empty()) words.push_back(folder.symbols());
  for (const std::string& word : {std::string("-ex"), "target remote " + target, std::string("-x"), folder.script()}) words.push_back(word);
  return words;
}

// gdb is our child, and its end is ours.
Result<int> with_gdb(const DebugOptions& options, GdbServer& server, const Symbols& symbols) {
  auto folder = TRY(PrivateFolder::make(options, symbols));
  auto listener = TRY(LocalListener::listen(folder.socket()));
  TRY(start_in_foreground(gdb_command(folder, folder.socket()), "gdb-multiarch"));
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

Result<int> for_any_client(const DebugOptions& options, GdbServer& server, const Symbols& symbols) {
  auto folder = TRY(PrivateFolder::make(options, symbols));
  auto listener = TRY(LoopbackListener::listen(options.port.value_or(0)));
  std::string line;
  for (const std::string& word : gdb_command(folder, fmt::format("127.0.0.1:{}", listener.port()))) {
    line += (line.empty() ? "" : " ") + (word.find(' ') == std::string::npos ? word : "'" + word + "'");
  }
  fmt::print("{}\n", line);
  std::fflush(stdout);
  for (;;) {
    Fd connection = listener.accept();
    if (connection && server.serve(connection.get()) == SessionEnd::kKilled) return 0;
  }
}

Result<int> debug(const DebugOptions& options) {
  auto evidence = TRY(open_evidence(options.evidence));
  const bool serves = options.port || options.no_gdb;
  // A missing gdb is told before the first replay, which takes long.
  if (!serves) TRY(run_tool({"gdb-multiarch", "--version"}, "gdb-multiarch"));
  SilentConsole console;
  std::unique_ptr<Timeline> timeline;
  {
    ProgressLine progress;
    timeline = TRY(open_timeline(options.evidence, *evidence, console, [&](uint64_t percent) { progress.show(percent); }));
  }
  const Symbols symbols = kallsyms_in(timeline->machine().ram());
  Monitor monitor(*timeline, evidence->manifest(), symbols);
  GdbServer server(*timeline, monitor);
  if (serves) return for_any_client(options, server, symbols);
  return with_gdb(options, server, symbols);
}

}  // namespace

void add_debug(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<DebugOptions>();
  CLI::App* verb = app.add_subcommand("debug", "Open evidence in gdb, at the failure; gdb goes backwards from there");
  verb->add_option("EVIDENCE", options->evidence.path, "An evidence file (*.recount)")->required();
  add_replay_options(*verb, options->evidence);
  add_index_option(*verb, options->evidence);
  verb->add_option("--port", options->port, "Serve this TCP port of this machine for any client, and start no gdb; 0: any port");
  verb->add_flag("--no-gdb", options->no_gdb, "Start no gdb; print how to start one");
  verb->add_option("--symbols", options->symbols, "A file with the guest's symbols, as gdb reads it (vmlinux)");
  verb->footer("Example: recount debug guest-panic-20261124T224500Z.recount, then: reverse-stepi, goto -1s, who-wrote ADDRESS");
  run_as(*verb, exit_code, [options] { return debug(*options); });
}

}  // namespace recount
