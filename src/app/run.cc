// recount run: a machine with the terminal as its console.

#include <cstdio>

#include "app/verbs.h"
#include "host/clock.h"
#include "host/entropy.h"
#include "host/file.h"
#include "host/terminal.h"
#include "session/record_session.h"

namespace recount {
namespace {

struct RunOptions {
  std::string kernel, initrd, append, bios, mmu = "sv39", engine = "interp";
  uint64_t memory_bytes = 512ull << 20;
  bool no_record = false;
};

class StdoutConsole final : public ConsolePort {
 public:
  void console_output(ConsoleId, ByteView bytes) override { write_stdout(bytes); }
};

// Where events go while nothing is recorded.
class NoJournal final : public EventSink {
 public:
  void append(const Event&) override {}
};

// Ctrl-A x leaves, Ctrl-A Ctrl-A is a Ctrl-A for the guest: as QEMU's -nographic has it.
class EscapeFilter {
 public:
  // What of the input is for the guest. Sets leave.
  Bytes filter(const Bytes& input, bool& leave) {
    constexpr uint8_t kControlA = 1;
    Bytes for_guest;
    for (uint8_t byte : input) {
      if (!escaped_ && byte == kControlA) {
        escaped_ = true;
        continue;
      }
      if (escaped_ && byte == 'x') leave = true;
      if (!escaped_ || byte == kControlA) for_guest.push_back(byte);
      escaped_ = false;
    }
    return for_guest;
  }

 private:
  bool escaped_ = false;
};

Result<BootImages> read_images(const RunOptions& options) {
  BootImages images;
  if (!options.bios.empty()) images.firmware = TRY(read_file(options.bios));
  if (!options.kernel.empty()) images.kernel = TRY(read_file(options.kernel));
  if (!options.initrd.empty()) images.initrd = TRY(read_file(options.initrd));
  return images;
}

// Until the guest ends or the user leaves.
Result<int> run_to_the_end(Machine& machine, const ConsoleTap& tap, const std::array<uint8_t, 32>& seed) {
  constexpr uint64_t kInputEvery = 16;        // slices between looks at the terminal while the guest runs
  constexpr uint64_t kLongestWait_ns = 1'000'000'000;
  SystemClock clock;
  NoJournal journal;
  RecordSession session(machine, tap, journal, clock.monotonic_ns());
  session.power_on(seed);
  RawTerminal terminal;
  ConsoleReader reader;
  EscapeFilter escape;
  bool leave = false;
  for (uint64_t slice = 0; !leave; ++slice) {
    Stop stop = session.run_slice(clock.monotonic_ns());
    uint64_t wait_ns = 0;
    switch (stop) {
      case Stop::kPosition: break;
      case Stop::kIdle: {
        uint64_t now = clock.monotonic_ns(), wake = session.wake_ns();
        wait_ns = std::min(wake > now ? wake - now : 0, kLongestWait_ns);
        break;
      }
      case Stop::kPoweroff: return 0;
      case Stop::kReset: std::fprintf(stderr, "recount: the guest asked for a reset\n"); return 0;
      case Stop::kFailed:
        return fail(ErrorKind::kFailure, "the guest reported failure " + std::to_string(machine.failure_code()));
      case Stop::kTrapLoop: return fail(ErrorKind::kFailure, "the guest's trap handler traps on its first instruction");
    }
    if (stop == Stop::kIdle || slice % kInputEvery == 0) session.console_input(escape.filter(reader.read(wait_ns), leave));
  }
  return 0;
}

Result<int> run(const RunOptions& options) {
  if (!options.no_record) {
    return fail(ErrorKind::kUnavailable, "recording is not built yet; give --no-record to run without it");
  }
  BootImages images = TRY(read_images(options));
  SystemClock clock;
  MachineConfig config{.ram_bytes = options.memory_bytes,
                       .append = options.append,
                       .mmu = options.mmu,
                       .rtc_base_ns = clock.realtime_ns(),
                       .seed = random_seed(),
                       .caching = options.engine == "reference" ? Caching::kOff : Caching::kOn};
  StdoutConsole console;
  ConsoleTap tap(console);
  auto machine = TRY(Machine::create(config, tap));
  if (auto booted = machine->boot(images); !booted) return std::unexpected(booted.error());
  return run_to_the_end(*machine, tap, config.seed);
}

}  // namespace

void add_run(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* verb = app.add_subcommand("run", "Run a guest");
  verb->add_option("--kernel", options->kernel, "Linux Image, gzip or ELF");
  verb->add_option("--initrd", options->initrd, "Initial RAM disk");
  verb->add_option("--append", options->append, "Kernel command line");
  verb->add_option("--bios", options->bios, "Firmware for M-mode, at 0x80000000");
  verb->add_option("-m,--memory", options->memory_bytes, "Guest memory, such as 512M")
      ->transform(CLI::AsSizeValue(false));
  verb->add_option("--mmu", options->mmu, "What the device tree offers: sv39 or sv48");
  verb->add_option("--engine", options->engine, "interp, or reference: the slow oracle")
      ->check(CLI::IsMember({"interp", "reference"}));
  verb->add_flag("--no-record", options->no_record, "Run without recording");
  verb->footer("Example: recount run --no-record --bios fw.bin --kernel Image --append console=ttyS0");
  verb->callback([options, &exit_code] {
    Result<int> result = run(*options);
    if (result) {
      exit_code = *result;
    } else {
      std::fprintf(stderr, "recount: %s\n", result.error().message.c_str());
      exit_code = static_cast<int>(result.error().kind);
    }
  });
}

}  // namespace recount
