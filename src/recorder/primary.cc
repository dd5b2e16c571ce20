#include "recorder/primary.h"

#include <fmt/format.h>

#include <algorithm>

#include "disk/disk_thread.h"
#include "event/guest_time.h"
#include "host/clock.h"
#include "host/poll.h"
#include "host/process.h"
#include "journal/journal_writer.h"
#include "network/network_thread.h"
#include "recorder/backup.h"
#include "recorder/console_sink.h"
#include "recorder/guest.h"
#include "recorder/guest_requests.h"
#include "recorder/hang_watch.h"
#include "recorder/messages.h"

namespace recount {
namespace {

constexpr uint64_t kLongestWait_ns = 500'000'000;
// A dying kernel goes on printing: its last words belong to the evidence.
constexpr uint64_t kLastWordsTicks = 3'000'000;  // 0.3 s
// A line that stands for so long without an end, such as a prompt, is taken to be whole.
constexpr uint64_t kLineStandsTicks = 3'000'000;
// The line with which Linux announces a restart that somebody asked for.
constexpr const char* kOrderlyRestart = "reboot: Restarting system";

class Primary {
 public:
  Primary(const RecorderConfig& config, Channel& supervisor, Guest& guest,
          std::unique_ptr<FailureDetector> detector, EventFd disk_bell, NetworkThread* network, int console_fd)
      : config_(config),
        supervisor_(supervisor),
        guest_(guest),
        sink_(console_fd, std::move(detector), [this](ByteView bytes) { requests_.hear(bytes, guest_.machine->time_ticks()); }),
        requests_([this](const GuestRequest& request) { obey(request); }),
        session_(*guest.machine, guest.tap, journal_, clock_.monotonic_ns(),
                 config.record ? Digests::kOn : Digests::kOff),
        disk_thread_(std::move(disk_bell)),
        network_(network),
        hang_watches_(guest_.machine->hart_count(),
                      HangWatch(config.hang_ns ? std::optional(*config.hang_ns / kNsPerTick) : std::nullopt)) {
    guest_.console.set_listener(&sink_);
    guest_.tap.set_network(network_);
    for (auto& disk : guest_.disks.images) disk_thread_.attach(disk->stack());
  }

  // Until the guest ends. True if the machine is to be powered on again.
  bool run();

 private:
  bool hear();
  bool start_backup(Fd channel);
  void take_completions();
  void take_packets();
  void publish_progress();
  void wait_for_events();
  bool restart_announced() const;
  std::optional<FailureNotice> failure_of(Stop stop) const;
  bool last_words_are_over(Stop stop) const;
  void note_failure(FailureNotice notice, uint64_t request = 0);
  // Both are false: the guest does not run on.
  bool end(EndReason reason, std::string what = "");
  bool stopped();
  bool reboot();
  // True if the guest is to run on.
  bool after_slice(Stop stop);
  void flush_console();
  void watch_console(Stop stop);
  void watch_for_hangs();
  void obey(const GuestRequest& request);

  const RecorderConfig& config_;
  Channel& supervisor_;
  Guest& guest_;
  ConsoleSink sink_;
  GuestRequests requests_;
  SystemClock clock_;
  JournalWriter journal_;
  RecordSession session_;
  DiskThread disk_thread_;
  NetworkThread* const network_;  // nullptr: the guest has none
  std::unique_ptr<Ring> ring_;
  // To start a backup, whose channel is still to come. The ring in use stays until then.
  struct BackupOrder {
    StartBackup start;
    std::unique_ptr<Ring> ring;
  };
  std::optional<BackupOrder> backup_order_;
  bool lost_told_ = false, stop_ = false, reboot_ = false;
  std::optional<uint64_t> last_words_until_ticks_;
  uint64_t last_output_ticks_ = 0;
  bool silence_told_ = false;
  std::vector<HangWatch> hang_watches_;  // one a hart
};

// --- the supervisor's orders ---

// False if the guest is not to run on: the supervisor is gone, or there could be no backup to run before.
bool Primary::hear() {
  while (auto received = supervisor_.receive()) {
    auto message = decode_message(received->bytes);
    if (!message) return false;
    if (auto* input = std::get_if<TypeInput>(&*message)) {
      session_.console_input(input->bytes);
    } else if (auto* save = std::get_if<RequestSave>(&*message)) {
      note_failure({"operator", save->text}, save->request);
    } else if (auto* mark = std::get_if<RequestMark>(&*message)) {
      session_.operator_request({OperatorAction::kMark, mark->text});
    } else if (std::holds_alternative<RequestStop>(*message)) {
      session_.operator_request({OperatorAction::kShutdown, ""});
      stop_ = true;
    } else if (auto* start = std::get_if<StartBackup>(&*message)) {
      auto ring = Ring::attach(std::move(received->fd));
      if (!ring) return false;
      backup_order_ = BackupOrder{*start, std::move(*ring)};
    } else if (std::holds_alternative<BackupChannel>(*message) && backup_order_) {
      if (!start_backup(std::move(received->fd))) return false;
    }
  }
  return !supervisor_.closed();
}

// A fork is a checkpoint: the child has the state at this position, and the new ring begins here. False if
// this process must not write to its disks any more: without a layer of its own it would change what the
// child's past rests on.
bool Primary::start_backup(Fd channel) {
  BackupOrder order = std::move(*backup_order_);
  backup_order_.reset();
  auto prepared = guest_.disks.prepare_layers();
  disk_thread_.quiesce();
  if (network_ != nullptr) network_->quiesce();
  auto forked = fork_process("recount-backup", [this, &channel, &order] {
    // None of the primary's own ends: a channel must close when its owner dies.
    supervisor_ = Channel();
    guest_.console.set_listener(nullptr);
    guest_.tap.set_network(nullptr);
    if (network_ != nullptr) network_->let_go();
    BackupSetup setup{.saver = {.run_folder = config_.run_folder,
                                .spool_folder = order.start.spool_folder,
                                .evidence_folder = config_.evidence_folder,
                                .recorder_name = config_.name,
                                .engine = config_.engine},
                      .window_ns = config_.backup ? std::optional(config_.window_ns) : std::nullopt};
    return run_backup(setup, guest_, *order.ring, Channel(std::move(channel)));
  });
  // The guest goes on. What a backup that could not even begin would say, is said in its name.
  if (!forked) Channel(std::move(channel)).send(encode_message(BackupFailed{forked.error().message}));
  journal_.attach(*order.ring);
  ring_ = std::move(order.ring);
  lost_told_ = false;
  if (!order.start.gap.empty()) session_.gap({GapReason::kJournalLost, order.start.gap});
  auto pushed = prepared ? guest_.disks.push_layers_beside() : prepared;
  if (!pushed) return end(EndReason::kFailure, pushed.error().message);
  disk_thread_.resume();
  if (network_ != nullptr) network_->resume();
  guest_.machine->restart_disks();
  return true;
}

// --- the guest's run ---

void Primary::take_completions() {
  for (const DiskCompletion& done : disk_thread_.take()) {
    if (done.status != DiskStatus::kOk)
      sink_.detector().report({"disk", fmt::format("disk {} returned an I/O error", done.disk)});
    session_.disk_completion(done);
  }
}

void Primary::take_packets() {
  if (network_ == nullptr) return;
  for (Bytes& frame : network_->take()) session_.packet(std::move(frame));
}

void Primary::publish_progress() {
  if (!ring_) return;
  ring_->control().primary_position.store(raw(guest_.machine->at()), std::memory_order_relaxed);
  ring_->control().primary_ticks.store(guest_.machine->time_ticks(), std::memory_order_relaxed);
}

void Primary::wait_for_events() {
  uint64_t now = clock_.monotonic_ns(), wake = session_.wake_ns();
  int fds[] = {supervisor_.fd(), disk_thread_.fd(), network_ != nullptr ? network_->fd() : -1};
  if (wake > now) wait_readable(fds, std::min(wake - now, kLongestWait_ns));
}

void Primary::note_failure(FailureNotice notice, uint64_t request) {
  flush_console();
  if (!config_.record) return;
  session_.note_failure(notice);
  publish_progress();
  supervisor_.send(encode_message(FailureNoted{request, guest_.machine->at(), std::move(notice)}));
}

bool Primary::end(EndReason reason, std::string what) {
  supervisor_.send(encode_message(Ended{reason, std::move(what)}));
  return false;
}

// A failure is one even if nobody waits for its last words.
bool Primary::stopped() {
  const auto& seen = sink_.detector().seen();
  if (seen && config_.saves(seen->cause)) note_failure(*seen);
  return end(EndReason::kStopped);
}

bool Primary::reboot() {
  reboot_ = true;
  return false;
}

bool Primary::restart_announced() const {
  return sink_.detector().last_line().find(kOrderlyRestart) != std::string::npos;
}

// What the guest's own stop tells of a failure.
std::optional<FailureNotice> Primary::failure_of(Stop stop) const {
  switch (stop) {
    case Stop::kFailed:
      return FailureNotice{"failure",
                           fmt::format("the guest reported failure {}", guest_.machine->failure_code())};
    case Stop::kTrapLoop:
      return FailureNotice{"reset",
                           fmt::format("the trap handler at {:#x} traps on its own first instruction",
                                       guest_.machine->hart().pc)};
    case Stop::kWatchdog:
      if (restart_announced()) return std::nullopt;
      return FailureNotice{"watchdog", fmt::format("the guest did not feed its watchdog for {:g} s",
                                                   seconds_of(guest_.machine->watchdog_ticks()))};
    case Stop::kReset:
      if (restart_announced()) return std::nullopt;
      return FailureNotice{"reset", "the guest reset itself without announcing a restart"};
    default:
      return std::nullopt;
  }
}

bool Primary::last_words_are_over(Stop stop) const {
  if (!last_words_until_ticks_) return false;
  bool runs = stop == Stop::kPosition || stop == Stop::kIdle;
  return !runs || guest_.machine->time_ticks() >= *last_words_until_ticks_;
}

void Primary::flush_console() {
  if (!sink_.flush()) return;
  last_output_ticks_ = guest_.machine->time_ticks();
  silence_told_ = false;
}

void Primary::watch_console(Stop stop) {
  bool ended = stop_ || (stop != Stop::kPosition && stop != Stop::kIdle);
  flush_console();
  uint64_t quiet_ticks = guest_.machine->time_ticks() - last_output_ticks_;
  if (ended || quiet_ticks >= kLineStandsTicks) sink_.detector().look_at_line();
  if (!config_.silence_ns || silence_told_ || quiet_ticks < *config_.silence_ns / kNsPerTick) return;
  silence_told_ = true;
  if (config_.saves("silence"))
    sink_.detector().report({"silence", fmt::format("no output for {:.1f} s", seconds_of(quiet_ticks))});
}

// In the middle of a slice, at the step that notified the device.
void Primary::obey(const GuestRequest& request) {
  if (request.kind == GuestRequest::Kind::kMark) {
    session_.guest_mark(request.text);
  } else if (config_.saves("guest")) {
    sink_.detector().report({"guest", request.text});
  }
}

void Primary::watch_for_hangs() {
  const Machine& machine = *guest_.machine;
  for (unsigned n = 0; n < machine.hart_count(); ++n) {
    HangWatch& watch = hang_watches_[n];
    if (!watch.look(machine.keeps_interrupts_waiting(n), machine.time_ticks()) || !config_.saves("hang")) continue;
    std::string where = machine.hart_count() == 1 ? "" : fmt::format("hart {}, ", n);
    sink_.detector().report({"hang", fmt::format("interrupts are kept waiting for {:.1f} s, at {}pc {:#x}",
                                                 seconds_of(watch.kept_ticks()), where, machine.hart(n).pc)});
  }
}

bool Primary::after_slice(Stop stop) {
  bool ended = stop != Stop::kPosition && stop != Stop::kIdle;
  const auto& seen = sink_.detector().seen();
  if (seen && !last_words_until_ticks_)
    last_words_until_ticks_ = guest_.machine->time_ticks() + kLastWordsTicks;
  std::optional<FailureNotice> failure = failure_of(stop);
  // A panic that ends in a reset or a poweroff is a panic; a process that was killed just before is not.
  if (last_words_are_over(stop) && (!failure || aftermath_of(seen->cause) == Aftermath::kOver)) failure = seen;
  if (failure) {
    sink_.detector().forget();
    last_words_until_ticks_.reset();
    bool resets = stop == Stop::kReset || stop == Stop::kWatchdog;
    if (config_.saves(failure->cause)) {
      note_failure(*failure);
      bool over = aftermath_of(failure->cause) == Aftermath::kOver;
      if (over && config_.after_failure == AfterFailure::kStop) return end(EndReason::kFailure);
      if ((over && config_.after_failure == AfterFailure::kReboot) || resets) return reboot();
      if (ended && stop != Stop::kPoweroff) return end(EndReason::kFailure);
    } else if (ended && !resets && stop != Stop::kPoweroff) {
      return end(EndReason::kFailure, failure->detail);
    }
  }
  switch (stop) {
    case Stop::kPoweroff:
      return end(EndReason::kPoweroff);
    case Stop::kReset:
    case Stop::kWatchdog:
      return reboot();
    case Stop::kIdle:
      wait_for_events();
      return true;
    default:
      return true;
  }
}

bool Primary::run() {
  supervisor_.send(encode_message(Started{}));
  while (config_.record && !stop_ && ring_ == nullptr) {
    int fds[] = {supervisor_.fd()};
    wait_readable(fds, kLongestWait_ns);
    if (!hear()) return false;
  }
  disk_thread_.resume();
  if (network_ != nullptr) network_->resume();
  session_.power_on(guest_.seed);
  while (hear()) {
    take_completions();
    take_packets();
    Stop stop = session_.run_slice(clock_.monotonic_ns(), clock_.suspended_ns());
    publish_progress();
    if (journal_.lost() && !lost_told_) lost_told_ = supervisor_.send(encode_message(JournalLost{}));
    if (uint64_t dropped = requests_.take_dropped(); dropped != 0)
      session_.gap({GapReason::kThrottled, fmt::format("{} requests of the guest were too many", dropped)});
    watch_console(stop);
    watch_for_hangs();
    if (stop_) return stopped();
    if (!after_slice(stop)) return reboot_;
  }
  return false;
}

}  // namespace

int run_primary(const RecorderConfig& config, Channel supervisor, int console_fd) {
  // A backup's end shows on its channel: nobody waits for its process here.
  forget_children();
  SystemClock clock;
  auto fail_setup = [&supervisor](const Error& error) {
    supervisor.send(encode_message(SetupFailed{error}));
    return static_cast<int>(error.kind);
  };
  auto disks = GuestDisks::open(config);
  if (!disks) return fail_setup(disks.error());
  std::unique_ptr<NetworkThread> network;
  if (config.network.link != NetworkConfig::Link::kNone) {
    auto made = NetworkThread::create(config.network);
    if (!made) return fail_setup(made.error());
    network = std::move(*made);
  }
  for (;;) {
    auto detector = FailureDetector::create(config.patterns);
    if (!detector) return fail_setup(detector.error());
    auto guest = Guest::create(config, std::move(*disks), clock.realtime_ns());
    if (!guest) return fail_setup(guest.error());
    auto disk_bell = EventFd::open();
    if (!disk_bell) return fail_setup(disk_bell.error());
    if (!Primary(config, supervisor, **guest, std::move(*detector), std::move(*disk_bell), network.get(),
                 console_fd)
             .run()) {
      return 0;
    }
    supervisor.send(encode_message(Rebooting{}));
    disks = std::move((*guest)->disks);
  }
}

}  // namespace recount
