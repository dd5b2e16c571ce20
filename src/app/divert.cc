#include "app/divert.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <csignal>

#include "debug/guest_view.h"
#include "debug/text.h"
#include "disk/disk_thread.h"
#include "event/guest_time.h"
#include "host/clock.h"
#include "host/poll.h"
#include "host/signals.h"
#include "host/terminal.h"
#include "recorder/escape_filter.h"
#include "session/record_session.h"

namespace recount {
namespace {

constexpr uint64_t kLongestWait_ns = 500'000'000;

// Nobody keeps what happens now.
class Forgotten final : public EventSink {
 public:
  void append(const Event&) override {}
};

std::optional<Bytes> bytes_in(std::string_view hex) {
  if (hex.empty() || hex.size() % 2 != 0) return std::nullopt;
  Bytes bytes(hex.size() / 2);
  for (size_t i = 0; i < bytes.size(); ++i) {
    const char* begin = hex.data() + 2 * i;
    auto [end, error] = std::from_chars(begin, begin + 2, bytes[i], 16);
    if (error != std::errc() || end != begin + 2) return std::nullopt;
  }
  return bytes;
}

std::optional<uint64_t> address_in(std::string_view text) {
  if (!text.starts_with("0x")) return std::nullopt;
  return number_in(text);
}

// How it ended, if it has.
const char* end_of(Stop stop) {
  switch (stop) {
    case Stop::kPoweroff:
      return "the guest powered off";
    case Stop::kReset:
      return "the guest reset itself";
    case Stop::kFailed:
      return "the guest reported failure";
    case Stop::kWatchdog:
      return "the guest did not feed its watchdog";
    case Stop::kTrapLoop:
      return "the trap handler traps on its own first instruction";
    default:
      return nullptr;
  }
}

class LiveRun {
 public:
  LiveRun(Replayer& replayer, EventFd disk_bell, SignalQueue signals)
      : machine_(replayer.machine()),
        session_(machine_, replayer.tap(), nobody_, 0, Digests::kOff),
        signals_(std::move(signals)),
        begin_ns_(clock_.monotonic_ns()),
        guest_begin_ns_(machine_.time_ticks() * kNsPerTick),
        disk_thread_(std::move(disk_bell)) {
    for (const auto& disk : replayer.disks()) disk_thread_.attach(disk->stack());
  }

  // The words for how it ended.
  std::string run(int& exit_code) {
    disk_thread_.resume();
    machine_.restart_disks();
    for (;;) {
      if (signals_.take()) return "a signal came";
      if (reader_.fd() >= 0 && is_readable(reader_.fd())) session_.console_input(escapes_.filter(reader_.read(), leaves_));
      if (leaves_) return "left";
      for (const DiskCompletion& done : disk_thread_.take()) session_.disk_completion(done);
      const Stop stop = session_.run_slice(now_ns());
      if (const char* end = end_of(stop)) {
        exit_code = stop == Stop::kPoweroff ? 0 : 1;
        return end;
      }
      if (stop == Stop::kIdle) wait();
    }
  }

 private:
  // Power-on is 0, and guest time as it was where the recording was left is now.
  uint64_t now_ns() const { return clock_.monotonic_ns() - begin_ns_ + guest_begin_ns_; }
  void wait() {
    const uint64_t now = now_ns(), wake = session_.wake_ns();
    const int fds[] = {reader_.fd(), signals_.fd(), disk_thread_.fd()};
    if (wake > now) wait_readable(fds, std::min(wake - now, kLongestWait_ns));
  }

  Machine& machine_;
  Forgotten nobody_;
  RecordSession session_;
  SystemClock clock_;
  SignalQueue signals_;
  const uint64_t begin_ns_, guest_begin_ns_;
  ConsoleReader reader_;
  EscapeFilter escapes_;
  bool leaves_ = false;
  DiskThread disk_thread_;
};

}  // namespace

Result<void> patch_memory(Machine& machine, const std::string& patch) {
  const size_t equals = patch.find('=');
  auto address = address_in(std::string_view(patch).substr(0, equals));
  auto bytes =
      equals == std::string::npos ? std::nullopt : bytes_in(std::string_view(patch).substr(equals + 1));
  if (!address || !bytes)
    return fail(ErrorKind::kUsage, fmt::format("--patch-memory {}: not as 0x80001000=00ff", patch));
  const GuestView view(machine.ram(), address_space_of(machine.hart()));
  if (view.readable(*address, bytes->size()) != bytes->size()) {
    return fail(ErrorKind::kUsage,
                fmt::format("--patch-memory {}: no memory is mapped there at this position", patch));
  }
  for (size_t i = 0; i < bytes->size(); ++i)
    machine.ram().write(*view.physical(*address + i), {bytes->data() + i, 1});
  machine.restored();
  return {};
}

Result<int> divert(Replayer& replayer) {
  auto bell = TRY(EventFd::open());
  auto signals = TRY(SignalQueue::open({SIGTERM, SIGINT, SIGHUP}));
  write_stderr(
      fmt::format("recount: diverted at position {}: from here on this is NOT evidence, it never happened "
                  "(Ctrl-A x leaves)\n",
                  raw(replayer.at())));
  int exit_code = 0;
  std::string end;
  {
    RawTerminal terminal;
    LiveRun live(replayer, std::move(bell), std::move(signals));
    end = live.run(exit_code);
  }
  write_stderr(fmt::format(
      "\nrecount: diverted run ended at position {}: {}; what was seen since the divert is NOT evidence\n",
      raw(replayer.at()), end));
  return exit_code;
}

}  // namespace recount
