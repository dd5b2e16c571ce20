// recount run: a guest, recorded, with the terminal as its console.

#include <fmt/format.h>

#include "app/config_file.h"
#include "app/engine_option.h"
#include "app/run_options.h"
#include "app/verbs.h"
#include "disk/convert_disk.h"
#include "host/folders.h"
#include "machine/machine.h"
#include "recorder/supervisor.h"

namespace recount {
namespace {

std::string socket_path(const std::string& name) { return data_folder() + "/run/" + name + ".sock"; }

// The name asked for; or "guest", or the first "guest-N" that no running recorder has.
Result<LocalListener> take_name(std::string& name) {
  if (!name.empty()) return LocalListener::listen(socket_path(name));
  constexpr unsigned kMostGuests = 1000;
  for (unsigned i = 1; i < kMostGuests; ++i) {
    name = i == 1 ? "guest" : fmt::format("guest-{}", i);
    auto listener = LocalListener::listen(socket_path(name));
    if (listener || listener.error().kind != ErrorKind::kUnavailable) return listener;
  }
  return fail(ErrorKind::kUnavailable, "too many recorders are running; give a --name");
}

std::string save_on_help() {
  std::string names;
  for (const FailureCause& cause : known_causes()) names += std::string(", ") + cause.name;
  return "What evidence is saved of, by commas: all, default, none" + names + "; +CAUSE and -CAUSE add and remove";
}

Result<int> run(const RunOptions& options) {
  RecorderConfig config = TRY(config_of(options));
  for (DriveConfig& drive : config.drives) {
    if (!drive.qcow2) continue;
    std::string raw = TRY(raw_of_qcow2(drive.path));
    fmt::print(stderr, "recount: {}: the guest's disk is {}, which qemu-img made of it\n", one_line(drive.path), one_line(raw));
    drive = {.path = raw, .read_only = drive.read_only};
  }
  std::string run_root = data_folder() + "/run";
  if (auto made = make_folder(run_root); !made) return std::unexpected(made.error());
  LocalListener control = TRY(take_name(config.name));
  config.run_folder = TRY(make_private_folder(run_root, config.name));
  struct RemoveAtEnd {
    const std::string& folder;
    ~RemoveAtEnd() { remove_folder(folder); }
  } remove_at_end{config.run_folder};
  auto signals = TRY(Supervisor::take_signals());
  auto console = TRY(ConsoleRelay::open(config.console));
  CodeReports reports(options.code_reports);
  config.jit.observer = reports.observer();
  return Supervisor(config, std::move(signals), std::move(control), std::move(console)).run();
}

}  // namespace

void add_run(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<RunOptions>();
  RecorderConfig& config = options->config;
  CLI::App* verb = app.add_subcommand("run", "Run a guest and record it, with a live backup");
  verb->add_option("--config", options->config_file,
                   "Read options from a file, such as an evidence file's machine.toml")
      ->configurable(false);
  verb->add_flag("--print-config", options->print_config, "Print all options as they stand, for --config, and end")->configurable(false);
  verb->add_option("--kernel", config.kernel, "Linux Image (plain, gzip, EFI zboot) or ELF");
  verb->add_option("--initrd", config.initrd, "Initial RAM disk");
  verb->add_option("--append", config.append, "Kernel command line");
  verb->add_option("--bios", config.bios,
                   "Firmware for M-mode: ELF, or flat at 0x80000000 (default: built-in SBI)");
  verb->add_option("-m,--memory", config.memory_bytes, "Guest memory, such as 512M")
      ->transform(CLI::AsSizeValue(false))
      ->default_str("512M");
  verb->add_option("--smp", config.harts, "Harts, 1 to 8: they take turns on one of the host's processors")
      ->check(CLI::Range(1u, Machine::kMostHarts))
      ->capture_default_str();
  verb->add_option("--mmu", config.mmu, "What the device tree offers: sv39 or sv48")
      ->check(CLI::IsMember({"sv39", "sv48"}))
      ->capture_default_str();
  verb->add_option("--drive", options->drives, "F[,ro][,format=raw|qcow2]: a disk; may be given several times");
  verb->add_option("--net", options->net,
                   "none, user[,hostfwd=tcp::2222-:22]... (10.0.2.0/24, the host is 10.0.2.2) or tap=NAME; [,mac=M]")
      ->capture_default_str();
  verb->add_option("--console", config.console, "stdio, unix:PATH, or a file to append to")
      ->capture_default_str();
  verb->add_option("--window", options->window, "How far the backup trails, such as 30s")
      ->capture_default_str();
  verb->add_option("--save-on", options->save_on,
                   save_on_help())
      ->capture_default_str();
  verb->add_option(
      "--pattern", options->patterns,
      "CAUSE=REGEX (RE2): a line of the console that means failure, besides those known; may be repeated");
  verb->add_option("--hang", options->hang, "How long a hart may keep its interrupts waiting before that is a hang, or none")
      ->capture_default_str();
  verb->add_option("--silence", options->silence, "How long the console may print nothing, such as 60s (default: for ever)");
  verb->add_option("--evidence-dir", config.evidence_folder,
                   "Where evidence goes (default $RECOUNT_DIR/evidence)");
  verb->add_option("--save-interval", options->save_interval,
                   "Least time between two saves of one cause (default: the window); 0 saves each");
  verb->add_option("--evidence-keep", config.limits.keep, "How many evidence files of this run are kept: the oldest go")
      ->check(CLI::PositiveNumber);
  verb->add_option("--evidence-max-size", config.limits.max_size_bytes,
                   "How large this run's evidence may be, such as 10G: the oldest files go")
      ->transform(CLI::AsSizeValue(false));
  verb->add_option("--after-failure", options->after_failure, "stop, reboot or continue")
      ->check(CLI::IsMember({"stop", "reboot", "continue"}))
      ->capture_default_str();
  add_engine_option(*verb, config.engine);
  add_code_report_options(*verb, options->code_reports);
  verb->add_flag("--no-record", options->no_record, "Run without recording");
  verb->add_flag("--no-backup", options->no_backup,
                 "Keep the journal from power-on instead of a trailing backup");
  verb->add_option("--name", config.name,
                   "For recount ctl, and in names of evidence (default guest, guest-2, ...)");
  verb->footer(
      "Example: recount run --kernel vmlinuz --initrd initrd.img --append console=ttyS0 --drive disk.img\n"
      "Ctrl-A x leaves. Exit codes: 0 the guest ended normally, 3 a failure was captured, 4 a replay "
      "diverged.");
  run_as(*verb, exit_code, [options, verb]() -> Result<int> {
    if (!options->config_file.empty()) {
      if (auto applied = apply_config_file(*verb, options->config_file); !applied)
        return std::unexpected(applied.error());
    }
    if (options->print_config) {
      if (auto sound = config_of(*options); !sound) return std::unexpected(sound.error());
      fmt::print("{}", TRY(config_text(*verb)));
      return 0;
    }
    return run(*options);
  });
}

}  // namespace recount
