// Runs the same on several engines side by side, and shows the first step at which they differ: scripts/lockstep.

#include <CLI/CLI.hpp>
#include <random>

#include "lockstep/lockstep.h"
#include "support/guest.h"

namespace recount::lockstep {
namespace {

constexpr int kUsage = 2;

// Every engine once, and two at least: with one there is nothing to compare.
std::string check_engines(const std::vector<std::string>& names, std::vector<EngineKind>& engines) {
  engines.clear();
  for (const std::string& name : names) {
    auto engine = engine_named(name);
    if (!engine) return "no engine is called " + name;
    engines.push_back(*engine);
  }
  return engines.size() < 2 ? "name at least two engines" : "";
}

int run(int argc, char** argv) {
  CLI::App app("Engines in lockstep: exit code 0 if they agree, 4 if not");
  app.require_subcommand(1);
  std::vector<std::string> names;
  std::random_device device;
  ProgramOptions programs{.seed = (uint64_t{device()} << 32 | device()) >> 1, .engines = {}};
  auto* p = app.add_subcommand("programs", "random programs, in M, S and U mode, made from the decoder's own table");
  p->add_option("--seed", programs.seed, "of the first program; the next has the next number");
  p->add_option("--count", programs.count, "programs")->check(CLI::PositiveNumber)->capture_default_str();
  p->add_option("--steps", programs.most_steps, "of each, at most")->check(CLI::PositiveNumber)->capture_default_str();
  p->add_option("--engines", names, "the first is what the others are compared with (default: reference,interp,jit)")
      ->delimiter(',');

  LinuxOptions linux_guest{.seed = programs.seed,
                           .kernel = test::guest_folder() + "/Image",
                           .initrd = test::guest_folder() + "/initramfs.cpio.gz",
                           .append = "console=ttyS0 earlycon=sbi recount.run=poweroff",
                           .ram_bytes = 128 << 20,
                           .most_steps = 5'000'000'000,
                           .longest_slice = 2'000'000,
                           .engines = {}};
  uint64_t megabytes = linux_guest.ram_bytes >> 20;
  auto* l = app.add_subcommand("linux", "a Linux guest, from power-on to its end (default: the one that scripts/guest makes)");
  l->add_option("--seed", linux_guest.seed, "of where they are stopped, and what is typed");
  l->add_option("--kernel", linux_guest.kernel, "Image, vmlinuz or ELF")->check(CLI::ExistingFile)->capture_default_str();
  l->add_option("--initrd", linux_guest.initrd, "initial RAM disk")->check(CLI::ExistingFile)->capture_default_str();
  l->add_option("--append", linux_guest.append, "kernel command line")->capture_default_str();
  l->add_option("--memory", megabytes, "MiB")->check(CLI::Range(16, 65536))->capture_default_str();
  l->add_option("--steps", linux_guest.most_steps, "at most")->check(CLI::PositiveNumber)->capture_default_str();
  l->add_option("--slice", linux_guest.longest_slice, "most steps between two comparisons")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  l->add_flag("--input", linux_guest.input, "type random bytes on its consoles");
  l->add_option("--engines", names, "the first is what the others are compared with (default: interp,jit)")->delimiter(',');

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  bool is_linux = l->parsed();
  if (names.empty() && is_linux) names = {"interp", "jit"};
  if (names.empty()) names = {"reference", "interp", "jit"};
  if (std::string wrong = check_engines(names, is_linux ? linux_guest.engines : programs.engines); !wrong.empty()) {
    std::fprintf(stderr, "lockstep: %s\n", wrong.c_str());
    return kUsage;
  }
  linux_guest.ram_bytes = megabytes << 20;
  return is_linux ? run_linux(linux_guest) : run_programs(programs);
}

}  // namespace
}  // namespace recount::lockstep

int main(int argc, char** argv) { return recount::lockstep::run(argc, argv); }
