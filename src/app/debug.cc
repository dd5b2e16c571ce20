// recount debug EVIDENCE: gdb at the failure, and backwards from there.

#include <fmt/format.h>

#include "app/engine_option.h"
#include "app/evidence_options.h"
#include "app/gdb_script.h"
#include "debug/gdb_server.h"
#include "debug/kallsyms.h"
#include "debug/symbol_file.h"
#include "host/file.h"
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

class SilentConsole final : public ConsolePort {
 public:
  void console_output(ConsoleId, ByteView) override {}
};

// What gdb is started with, and the socket that it finds us by.
class PrivateFolder {
 public:
  static Result<PrivateFolder> make(const Symbols& symbols) {
    PrivateFolder folder(TRY(make_private_folder(temporary_folder(), "recount-debug")));
    if (!symbols.empty()) {
      auto file = TRY(open_for_append(folder.symbols()));
      write_all(file.get(), symbol_file(symbols));
    }
    auto script = TRY(open_for_append(folder.script()));
    write_all(script.get(), view_of(kGdbScript));
    return folder;
  }
  PrivateFolder(PrivateFolder&& other) noexcept : path_(std::exchange(other.path_, "")) {}
  PrivateFolder& operator=(PrivateFolder&&) = delete;
  ~PrivateFolder() {
    if (!path_.empty()) remove_folder(path_);
  }
  // What the guest's kernel says of itself; there only if it does.
  std::string symbols() const { return path_ + "/kallsyms"; }
  std::string script() const { return path_ + "/recount.py"; }
  std::string socket() const { return path_ + "/gdb"; }

 private:
  explicit PrivateFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

std::vector<std::string> gdb_command(const DebugOptions& options, const PrivateFolder& folder, const std::string& target) {
  std::vector<std::string> words = {"gdb-multiarch", "-q", "-iex", "set architecture riscv:rv64", "-iex", "set confirm off"};
  if (!options.symbols.empty()) {
    words.push_back(options.symbols);
  } else if (file_exists(folder.symbols()).value_or(false)) {
    words.push_back(folder.symbols());
  }
  for (const std::string& word : {std::string("-ex"), "target remote " + target, std::string("-x"), folder.script()}) words.push_back(word);
  return words;
}

// gdb is our child, and its end is ours.
Result<int> with_gdb(const DebugOptions& options, GdbServer& server, const Symbols& symbols) {
  auto folder = TRY(PrivateFolder::make(symbols));
  auto listener = TRY(LocalListener::listen(folder.socket()));
  TRY(start_in_foreground(gdb_command(options, folder, folder.socket()), "gdb-multiarch"));
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
  auto folder = TRY(PrivateFolder::make(symbols));
  auto listener = TRY(LoopbackListener::listen(options.port.value_or(0)));
  std::string line;
  for (const std::string& word : gdb_command(options, folder, fmt::format("127.0.0.1:{}", listener.port()))) {
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
  TimelineOptions how{.replay = {.engine = options.evidence.engine,
                                 .jit = {.log = engine_log()},
                                 .temporary_folder = temporary_folder(),
                                 .disk_paths = options.evidence.drives},
                      .progress = {}};
  std::unique_ptr<Timeline> timeline;
  {
    ProgressLine progress;
    how.progress = [&](uint64_t percent) { progress.show(percent); };
    auto opened = Timeline::open(*evidence, how, console);
    if (!opened) return std::unexpected(in_context(options.evidence.path, opened.error()));
    timeline = std::move(*opened);
  }
  Ram& ram = timeline->machine().ram();
  const Symbols symbols = kallsyms_in({ram.host(ram.base()), ram.size()});
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
  verb->add_option("--port", options->port, "Serve this TCP port of this machine for any client, and start no gdb; 0: any port");
  verb->add_flag("--no-gdb", options->no_gdb, "Start no gdb; print how to start one");
  verb->add_option("--symbols", options->symbols, "A file with the guest's symbols, as gdb reads it (vmlinux)");
  verb->footer("Example: recount debug guest-panic-20261124T224500Z.recount, then: reverse-stepi, goto -1s, who-wrote ADDRESS");
  run_as(*verb, exit_code, [options] { return debug(*options); });
}

}  // namespace recount
