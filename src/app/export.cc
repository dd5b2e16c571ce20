// recount export EVIDENCE: what other tools read, of any position.

#include <fmt/format.h>

#include <filesystem>

#include "app/evidence_options.h"
#include "app/silent_console.h"
#include "debug/kallsyms.h"
#include "evidence/certify.h"
#include "evidence/position_text.h"
#include "export/vmcore.h"
#include "host/atomic_file.h"
#include "host/file.h"

namespace recount {
namespace {

struct ExportOptions {
  EvidenceOptions evidence;
  std::string to, output, at = "end";
};

Result<int> export_evidence(const ExportOptions& options) {
  auto evidence = TRY(open_evidence(options.evidence));
  if (TRY(file_exists(options.output))) return fail(ErrorKind::kUsage, options.output + ": is there already; name another file with -o");
  SilentConsole console;
  auto replayer = TRY(open_replayer(options.evidence, *evidence, console));
  Position at = TRY(position_of(options.at, *replayer, evidence->manifest().guest_time_end_ticks));
  // Before the replay, which takes long: a folder that cannot be written is told at once.
  std::filesystem::path output(options.output);
  auto file = TRY(AtomicFile::create(output.has_parent_path() ? output.parent_path().string() : ".", output.filename()));
  std::optional<Divergence> diverged;
  {
    ProgressLine progress;
    diverged = replay_until(*replayer, at, [&](uint64_t percent) { progress.show(percent); });
  }
  if (diverged) return std::unexpected(in_context(options.evidence.path, fail_diverged(*diverged).error()));
  Machine& machine = replayer->machine();
  const GuestView kernel(machine.ram(), supervisor_space_of(machine.hart()));
  auto info = Vmcoreinfo::find(kernel, kallsyms_in(machine.ram()));
  TRY(write_vmcore(machine, info, file->file()));
  std::string path = TRY(file->publish());
  fmt::print("{}: memory and {} hart{} at position {}, {}\n", path, machine.hart_count(), machine.hart_count() == 1 ? "" : "s", raw(at),
             info ? "with the kernel's VMCOREINFO" : "no Linux kernel was found in it");
  return 0;
}

}  // namespace

void add_export(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* verb = app.add_subcommand("export", "Write what other tools read, of any position");
  verb->add_option("EVIDENCE", options->evidence.path, "An evidence file (*.recount)")->required();
  add_replay_options(*verb, options->evidence);
  verb->add_option("--to", options->to, "vmcore: memory and registers as an ELF core, for drgn, gdb and the like")
      ->required()
      ->check(CLI::IsMember({"vmcore"}));
  verb->add_option("--at", options->at, "A step count, end, -3s, 50%, event:N or a mark's name")->capture_default_str();
  verb->add_option("-o,--output", options->output, "The file; nothing is overwritten")->required();
  verb->footer("Example: recount export guest-panic-20261124T224500Z.recount --to vmcore --at -1s -o guest.vmcore");
  run_as(*verb, exit_code, [options] { return export_evidence(*options); });
}

}  // namespace recount
