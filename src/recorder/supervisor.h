#pragma once
// Starts primary and backup, watches both, and decides: what is saved, what is started anew, when it ends,
// and with which exit code. Runs no guest and holds none of its memory.

#include <deque>
#include <list>
#include <map>
#include <memory>

#include "host/clock.h"
#include "host/process.h"
#include "host/signals.h"
#include "recorder/console_relay.h"
#include "recorder/control_server.h"
#include "recorder/evidence_limits.h"
#include "recorder/evidence_save.h"
#include "recorder/protection.h"
#include "recorder/recorder_config.h"
#include "recorder/status.h"
#include "recorder/status_line.h"

namespace recount {

class Supervisor {
 public:
  // Those that it wants to take, from now on.
  static Result<SignalQueue> take_signals();
  Supervisor(const RecorderConfig& config, SignalQueue signals, LocalListener control,
             std::unique_ptr<ConsoleRelay> console);
  ~Supervisor();

  // Until the guest has ended and all evidence is saved. The process's exit code (docs/interface.md).
  Result<int> run();

 private:
  using ControlReply = ControlServer::Reply;

  // The machine.
  Result<void> start_machine();
  Result<void> protect(const std::string& gap);
  void protect_or_retry(const std::string& gap);
  void say_of_retry(const std::string& text);
  void replace_protection(const std::string& why);
  void on_reboot();
  void end_retired_backups();

  // What the others say.
  void wait();
  void hear_primary();
  void hear_backup();
  void hear_savers();
  void hear_signals();
  void reap_processes();
  void primary_ended(const ProcessEnd& end);
  void on_failure(FailureNoted failure);

  // Saving.
  void request_save(EvidenceSave save);
  void start_waiting_save();
  void hear_saver(EvidenceSave& save);
  void keep_within_limits(const std::string& newest);
  void save_done(EvidenceSave& save, const EvidenceSaved& saved);
  void save_failed(EvidenceSave& save, const std::string& why);

  void on_control(const std::string& command, const std::string& argument, ControlReply reply);
  bool takes_input() const;
  void pass_input();
  void stop_guest();
  void run_spooler();
  RecorderStatus status();
  void draw_status();
  void say(const std::string& text);
  bool saving() const { return !saves_.empty() || !waiting_saves_.empty(); }

  const RecorderConfig& config_;
  SystemClock clock_;
  SignalQueue signals_;
  ControlServer control_;
  std::unique_ptr<ConsoleRelay> console_;
  StatusLine status_line_;

  Channel primary_;
  Outbox to_primary_;
  int primary_pid_ = 0;
  std::optional<Ended> ended_;  // why the primary stopped, once it has said so
  bool started_ = false, leaving_ = false;
  bool failure_noted_ = false;
  std::optional<Error> setup_error_;

  std::shared_ptr<Protection> protection_;
  std::vector<std::shared_ptr<Protection>> retired_;  // of the machine before a reboot
  unsigned protection_count_ = 0;
  uint64_t retry_protection_ns_ = 0;  // when to try again; 0: nothing to try
  std::string retry_told_;            // why there is none, as it was said last
  bool spool_trouble_ = false;
  uint64_t retry_spool_ns_ = 0;        // not to be tried before
  uint64_t journal_bytes_before_ = 0;  // of protections that were replaced

  std::deque<EvidenceSave> waiting_saves_;
  std::list<EvidenceSave> saves_;
  std::map<uint64_t, ControlReply> save_replies_;  // of operators who asked, by the number of their request
  uint64_t save_requests_ = 0;
  std::vector<std::string> evidence_;
  EvidenceLimits limits_;
  int exit_code_ = 0;

  uint64_t last_draw_ns_ = 0, rate_since_ns_ = 0, rate_bytes_ = 0;
  double journal_rate_ = 0;
};

}  // namespace recount
