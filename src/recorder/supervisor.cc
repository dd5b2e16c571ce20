#include "recorder/supervisor.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>

#include "event/guest_time.h"
#include "host/file.h"
#include "host/poll.h"
#include "host/random_file.h"
#include "host/terminal.h"
#include "recorder/primary.h"

namespace recount {
namespace {

constexpr uint64_t kTick_ns = 50'000'000;  // between looks at the spool
constexpr uint64_t kRedraw_ns = 500'000'000;
constexpr uint64_t kRetryProtection_ns = 2'000'000'000, kRetrySpool_ns = 1'000'000'000;
constexpr int kCapturedExit = 3;
constexpr int kDivergedExit = 4;
constexpr const char* kNoBackup = "no backup is there to save from";

// Calls heard for every message that is there. What does not decode closes the channel: its sender has gone
// mad.
template <class Heard>
void hear(Channel& channel, Heard heard) {
  while (auto received = channel.receive()) {
    auto message = decode_message(received->bytes);
    if (!message) {
      channel = Channel();
      return;
    }
    heard(*message);
  }
}

}  // namespace

Result<SignalQueue> Supervisor::take_signals() {
  return SignalQueue::open({SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGCHLD});
}

Supervisor::Supervisor(const RecorderConfig& config, SignalQueue signals, LocalListener control,
                       std::unique_ptr<ConsoleRelay> console)
    : config_(config),
      signals_(std::move(signals)),
      control_(std::move(control),
               [this](const std::string& command, const std::string& argument, ControlReply reply) {
                 on_control(command, argument, std::move(reply));
               }),
      console_(std::move(console)),
      status_line_(config.record),
      limits_(config.limits) {
  adopt_orphans();
}

Supervisor::~Supervisor() {
  kill_process(primary_pid_);
  if (protection_) kill_process(protection_->pid);
  for (const auto& retired : retired_) kill_process(retired->pid);
}

void Supervisor::say(const std::string& text) { write_stderr("recount: " + text + "\n"); }

// --- the machine ---

Result<void> Supervisor::start_machine() {
  auto [ours, theirs] = TRY(Channel::pair());
  primary_ = std::move(ours);
  primary_pid_ = TRY(fork_process("recount-primary", [this, channel = &theirs]() mutable {
    die_with_parent();
    // The supervisor's ends are not this process's: a channel must close when its owner dies.
    primary_ = Channel();
    return run_primary(config_, std::move(*channel), console_->output_fd());
  }));
  if (!config_.record) return {};
  return protect("");
}

Result<void> Supervisor::protect(const std::string& gap) {
  auto next = TRY(Protection::create(config_.run_folder, ++protection_count_));
  if (protection_) journal_bytes_before_ += protection_->ring().control().head;
  protection_ = std::move(next);
  protection_->hand_over(to_primary_, gap);
  retry_protection_ns_ = 0;
  return {};
}

void Supervisor::protect_or_retry(const std::string& gap) {
  auto done = protect(gap);
  if (done) return;
  say_of_retry(done.error().message + "; there is no backup, trying again until there is one");
  retry_protection_ns_ = clock_.monotonic_ns() + kRetryProtection_ns;
}

// Once for each reason, not once for each try.
void Supervisor::say_of_retry(const std::string& text) {
  if (text != retry_told_) say(text);
  retry_told_ = text;
}

// The past up to here is gone; the future is protected again at once.
void Supervisor::replace_protection(const std::string& why) {
  if (primary_.closed() || ended_ || leaving_) return;
  if (retry_protection_ns_ == 0) say(why + "; starting a new backup from the running guest");
  if (protection_) kill_process(protection_->pid);
  protect_or_retry(why);
}

// The old backup stays until what is to be saved from it is saved.
void Supervisor::on_reboot() {
  failure_noted_ = false;
  if (!config_.record) return;
  if (protection_) retired_.push_back(protection_);
  protect_or_retry("");
}

void Supervisor::end_retired_backups() {
  std::erase_if(retired_, [this](const std::shared_ptr<Protection>& p) {
    auto needs_it = [&p](const EvidenceSave& s) { return s.protection == p && !s.captured; };
    if (std::ranges::any_of(saves_, needs_it) || std::ranges::any_of(waiting_saves_, needs_it)) return false;
    kill_process(p->pid);
    return true;
  });
}

// --- what the others say ---

void Supervisor::hear_primary() {
  hear(primary_, [this](RecorderMessage& message) {
    if (auto* failed = std::get_if<SetupFailed>(&message)) {
      setup_error_ = failed->error;
    } else if (std::holds_alternative<Started>(message)) {
      started_ = true;
    } else if (auto* failure = std::get_if<FailureNoted>(&message)) {
      on_failure(std::move(*failure));
    } else if (std::holds_alternative<JournalLost>(message)) {
      replace_protection("the journal's ring is full and could not be written to disk");
    } else if (std::holds_alternative<Rebooting>(message)) {
      on_reboot();
    } else if (auto* ended = std::get_if<Ended>(&message)) {
      ended_ = *ended;
      if (!ended->what.empty()) say(ended->what);
    }
  });
}

void Supervisor::on_failure(FailureNoted failure) {
  if (failure.notice.cause != "operator") {
    failure_noted_ = true;
    auto admission = limits_.admit(failure.notice, clock_.monotonic_ns());
    if (!admission.say.empty()) say(admission.say);
    if (!admission.save) return;
  }
  EvidenceSave save{.notice = std::move(failure.notice), .position = failure.position};
  if (auto asked = save_replies_.extract(failure.request); asked) save.reply = std::move(asked.mapped());
  request_save(std::move(save));
}

void Supervisor::hear_backup() {
  if (!protection_) return;
  hear(protection_->backup(), [this](RecorderMessage& message) {
    if (auto* ready = std::get_if<BackupReady>(&message)) {
      protection_->pid = static_cast<int>(ready->pid);
      retry_told_.clear();
    } else if (auto* diverged = std::get_if<BackupDiverged>(&message)) {
      protection_->trouble =
          fmt::format("the backup DIVERGED at position {}: {}", raw(diverged->position), diverged->what);
      exit_code_ = std::max(exit_code_, kDivergedExit);
    } else if (auto* failed = std::get_if<BackupFailed>(&message)) {
      protection_->trouble = "the backup stopped: " + failed->what;
    }
  });
  if (protection_->backup().closed() && retry_protection_ns_ == 0) {
    bool was_there = protection_->pid != 0;
    protection_->pid = 0;
    std::string trouble = protection_->trouble.empty() ? "the backup's process was lost" : protection_->trouble;
    if (was_there) return replace_protection(trouble);
    // One that could not even begin (no memory, a full disk) could not at once again either.
    if (!primary_.closed() && !ended_ && !leaving_) say_of_retry(trouble + "; trying again until there is one");
    retry_protection_ns_ = clock_.monotonic_ns() + kRetryProtection_ns;
  }
}

void Supervisor::hear_signals() {
  while (auto signal = signals_.take()) {
    if (*signal == SIGCHLD) {
      reap_processes();
    } else if (*signal == SIGUSR1) {
      to_primary_.add(RequestSave{0, "SIGUSR1"});
    } else {
      stop_guest();
    }
  }
}

void Supervisor::reap_processes() {
  while (auto end = reap()) {
    if (end->pid == primary_pid_) primary_ended(*end);
  }
}

void Supervisor::primary_ended(const ProcessEnd& end) {
  hear_primary();  // its last words
  primary_pid_ = 0;
  primary_ = Channel();
  to_primary_.clear();
  for (auto& [request, reply] : save_replies_) reply(control_error("the guest ended first"));
  save_replies_.clear();
  if (setup_error_ || leaving_) return;
  if (!ended_) {
    std::string how = end.signal != 0
                          ? fmt::format("was killed by signal {} ({})", end.signal, ::strsignal(end.signal))
                          : fmt::format("ended with code {}", end.exit_code);
    say("the primary's process " + how);
    if (config_.record && config_.saves("lost")) {
      failure_noted_ = true;
      request_save({.notice = {"lost", "the primary's process " + how}, .to_the_end = true});
    }
    ended_ = Ended{EndReason::kFailure};
  }
  bool failed = ended_->reason == EndReason::kFailure;
  if (failed && !failure_noted_) exit_code_ = std::max(exit_code_, static_cast<int>(ErrorKind::kFailure));
}

// --- saving ---

void Supervisor::request_save(EvidenceSave save) {
  save.protection = protection_;
  waiting_saves_.push_back(std::move(save));
  start_waiting_save();
}

// One after the other: the next begins when the one before has its copy of the past.
void Supervisor::start_waiting_save() {
  while (!waiting_saves_.empty() &&
         std::ranges::all_of(saves_, [](const EvidenceSave& s) { return s.captured; })) {
    EvidenceSave save = std::move(waiting_saves_.front());
    waiting_saves_.pop_front();
    auto channel = Channel::pair();
    bool backup_there = save.protection && !save.protection->backup().closed();
    if (!channel || !backup_there) {
      save_failed(save, channel ? kNoBackup : channel.error().message);
      continue;
    }
    save.saver = std::move(channel->first);
    Fd theirs = channel->second.take_fd();
    SaveEvidence order{.to_the_end = save.to_the_end, .position = save.position, .notice = save.notice};
    save.protection->backup().send(encode_message(order), &theirs);
    saves_.push_back(std::move(save));
  }
}

void Supervisor::hear_savers() {
  for (EvidenceSave& save : saves_) hear_saver(save);
  saves_.remove_if([](const EvidenceSave& s) { return s.saver.closed(); });
  start_waiting_save();
}

void Supervisor::hear_saver(EvidenceSave& save) {
  bool done = false;
  hear(save.saver, [&](RecorderMessage& message) {
    if (std::holds_alternative<PastCaptured>(message)) {
      save.captured = true;
    } else if (auto* progress = std::get_if<CertifyProgress>(&message)) {
      save.percent = progress->percent;
    } else if (auto* saved = std::get_if<EvidenceSaved>(&message)) {
      save_done(save, *saved);
      done = true;
    } else if (auto* failed = std::get_if<SaveFailed>(&message)) {
      save_failed(save, failed->error.message);
      done = true;
    }
  });
  if (save.saver.closed() && !done) {
    // Without a copy of the past there may have been no saver at all: the order went to a backup that was
    // only being tried, and went with it.
    bool had_saver = save.captured || save.protection->ready();
    save_failed(save, had_saver ? "the saver's process was lost" : kNoBackup);
  }
  if (done) save.saver = Channel();
  if (save.saver.closed() && !save.captured) save.protection->ring().control().pinned = ~0ull;
}

void Supervisor::keep_within_limits(const std::string& newest) {
  auto file = RandomFile::open(newest, FileMode::kRead);
  uint64_t size_bytes = file ? file->size().value_or(0) : 0;
  for (const EvidenceLimits::Removal& old : limits_.add(newest, size_bytes)) {
    auto removed = remove_file(old.path);
    if (removed) std::erase(evidence_, old.path);
    say(removed ? "evidence " + old.path + " is removed for it (" + old.why + ")" : removed.error().message);
  }
}

void Supervisor::save_done(EvidenceSave& save, const EvidenceSaved& saved) {
  evidence_.push_back(saved.path);
  say(describe(saved, save.notice));
  keep_within_limits(saved.path);
  if (save.reply) save.reply(to_json(saved));
  if (save.notice.cause != "operator") exit_code_ = std::max(exit_code_, kCapturedExit);
  if (saved.mismatches != 0) exit_code_ = std::max(exit_code_, kDivergedExit);
}

void Supervisor::save_failed(EvidenceSave& save, const std::string& why) {
  say("evidence of " + save.notice.cause + " (" + save.notice.detail + ") could not be saved: " + why);
  if (save.reply) save.reply(control_error(why));
  limits_.not_saved(save.notice.cause);
  exit_code_ = std::max(exit_code_, static_cast<int>(ErrorKind::kFailure));
}

// --- people ---

void Supervisor::on_control(const std::string& command, const std::string& argument, ControlReply reply) {
  if (command == "status") {
    reply(to_json(status()));
  } else if (primary_.closed()) {
    reply(control_error("the guest has ended"));
  } else if (command == "save") {
    if (!config_.record) return reply(control_error("this guest is not recorded"));
    save_replies_[++save_requests_] = std::move(reply);
    to_primary_.add(RequestSave{save_requests_, argument});
  } else if (command == "mark") {
    to_primary_.add(RequestMark{argument});
    reply(R"({"ok":true})");
  } else if (command == "stop") {
    stop_guest();
    reply(R"({"ok":true})");
  } else {
    reply(control_error("unknown command " + command + "; there are status, save, mark and stop"));
  }
}

// A primary that is stopped takes nothing: then its user's input waits where it is.
bool Supervisor::takes_input() const {
  constexpr size_t kMostWaiting = 64;
  return to_primary_.size() < kMostWaiting;
}

void Supervisor::pass_input() {
  console_->relay();
  if (!takes_input()) return;
  bool leave = false;
  Bytes input = console_->take_input(leave);
  constexpr size_t kPart = kChannelMessageBytes / 2;
  for (ByteView rest = input; !rest.empty(); rest = rest.subspan(std::min(rest.size(), kPart))) {
    ByteView part = rest.first(std::min(rest.size(), kPart));
    to_primary_.add(TypeInput{{part.begin(), part.end()}});
  }
  if (leave) stop_guest();
}

// The guest stops where it is. Asked twice, nothing is waited for.
void Supervisor::stop_guest() {
  if (leaving_) {
    kill_process(primary_pid_);
    saves_.clear();
    waiting_saves_.clear();
  }
  leaving_ = true;
  to_primary_.add(RequestStop{});
}

void Supervisor::run_spooler() {
  // A full disk stays full for a while, and each try costs.
  if (!protection_ || clock_.monotonic_ns() < retry_spool_ns_) return;
  auto done = protection_->spooler().run();
  if (!done && !spool_trouble_) say(done.error().message + "; the journal stays in memory: make room");
  spool_trouble_ = !done;
  retry_spool_ns_ = done ? 0 : clock_.monotonic_ns() + kRetrySpool_ns;
}

RecorderStatus Supervisor::status() {
  RecorderStatus s{.name = config_.name, .primary_pid = primary_pid_};
  s.state = primary_pid_ == 0 ? "ended" : !started_ ? "starting" : "recording";
  if (saving()) s.state = "saving";
  if (!config_.record) s.state = primary_pid_ == 0 ? "ended" : "not recording";
  s.window_s = static_cast<double>(config_.window_ns) / 1e9;
  s.evidence = evidence_;
  if (!protection_) return s;
  const RingControl& ring = protection_->ring().control();
  s.backup_pid = protection_->pid;
  if (s.state == "recording" && !protection_->ready()) s.state = "unprotected";
  s.position = ring.primary_position;
  uint64_t primary_ticks = ring.primary_ticks, backup_ticks = ring.backup_ticks;
  s.guest_time_s = seconds_of(primary_ticks);
  s.lag_s = seconds_of(primary_ticks - std::min(primary_ticks, backup_ticks));
  s.journal_bytes = journal_bytes_before_ + ring.head;
  uint64_t oldest = std::max<uint64_t>(protection_->ring().floor(), ring.spooled);
  s.journal_bytes_held =
      ring.head - std::min<uint64_t>(oldest, ring.head) + protection_->spooler().file_bytes();
  constexpr uint64_t kRateOver_ns = 2'000'000'000;
  uint64_t now = clock_.monotonic_ns();
  if (now - rate_since_ns_ > kRateOver_ns) {
    uint64_t more = s.journal_bytes - std::min(rate_bytes_, s.journal_bytes);
    journal_rate_ =
        rate_since_ns_ == 0 ? 0 : static_cast<double>(more) * 1e9 / static_cast<double>(now - rate_since_ns_);
    rate_since_ns_ = now;
    rate_bytes_ = s.journal_bytes;
  }
  s.journal_bytes_per_s = journal_rate_;
  return s;
}

void Supervisor::draw_status() {
  uint64_t now = clock_.monotonic_ns();
  if (now - last_draw_ns_ < kRedraw_ns) return;
  last_draw_ns_ = now;
  RecorderStatus s = status();
  if (!saves_.empty()) s.state = fmt::format("saving evidence, {} %", saves_.front().percent);
  if (status_line_.shown()) status_line_.draw(to_line(s, status_line_.columns()));
}

void Supervisor::wait() {
  std::vector<int> fds{signals_.fd(), primary_.fd()};
  if (protection_) fds.push_back(protection_->backup().fd());
  for (const EvidenceSave& save : saves_) fds.push_back(save.saver.fd());
  control_.add_fds(fds);
  if (takes_input()) console_->add_fds(fds);
  wait_readable(fds, kTick_ns);
}

Result<int> Supervisor::run() {
  if (auto started = start_machine(); !started) return std::unexpected(started.error());
  while (primary_pid_ != 0 || saving()) {
    to_primary_.send(primary_);
    wait();
    hear_primary();
    hear_signals();
    hear_backup();
    hear_savers();
    control_.serve();
    pass_input();
    run_spooler();
    if (retry_protection_ns_ != 0 && clock_.monotonic_ns() > retry_protection_ns_)
      replace_protection("no backup");
    end_retired_backups();
    draw_status();
  }
  status_line_.clear();
  // The guest's last line may have had no end, and a shell's prompt comes next.
  if (console_->on_terminal()) write_stderr("\n");
  if (setup_error_) return std::unexpected(*setup_error_);
  return exit_code_;
}

}  // namespace recount
