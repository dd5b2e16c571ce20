#include "recorder/backup.h"

#include "event/guest_time.h"
#include "host/poll.h"
#include "host/process.h"
#include "journal/journal_reader.h"
#include "recorder/messages.h"
#include "session/replay_session.h"

namespace recount {
namespace {

constexpr uint64_t kNap_ns = 5'000'000;
// Between looks at the supervisor's orders while there is work.
constexpr unsigned kEventsAtOnce = 64;

class Backup {
 public:
  Backup(const BackupSetup& setup, Guest& guest, Ring& ring, Channel supervisor)
      : setup_(setup),
        guest_(guest),
        ring_(ring),
        supervisor_(std::move(supervisor)),
        reader_(ring, setup.saver.spool_folder, 0),
        session_(*guest.machine, guest.tap) {}

  int run();

 private:
  enum class Pace : uint8_t { kWorking, kWaiting, kOver };
  bool hear();
  Pace replay_due();
  bool is_due(const Event& event) const;
  bool awaits_order(const Event& event) const;
  Pace give_up(const RecorderMessage& why);
  bool save(const SaveEvidence& order, Fd channel);
  void publish_progress();

  const BackupSetup& setup_;
  Guest& guest_;
  Ring& ring_;
  Channel supervisor_;
  JournalReader reader_;
  ReplaySession session_;
  Position saved_to_{};  // a saver has been ordered for the notices up to here
};

// False if there is no going on: the supervisor is gone, or this process has no layers of its own to write
// to.
bool Backup::hear() {
  while (auto received = supervisor_.receive()) {
    auto message = decode_message(received->bytes);
    if (!message) return false;
    auto* order = std::get_if<SaveEvidence>(&*message);
    if (order != nullptr && !save(*order, std::move(received->fd))) return false;
  }
  return !supervisor_.closed();
}

// However short the window is and however late the order comes, what is to be saved is not gone past.
bool Backup::awaits_order(const Event& event) const {
  return std::holds_alternative<FailureNotice>(event.payload) && event.position > saved_to_;
}

bool Backup::is_due(const Event& event) const {
  if (!setup_.window_ns || awaits_order(event)) return false;
  uint64_t then = guest_.machine->time_ticks_at(event.position);
  return then + *setup_.window_ns / kNsPerTick <=
         ring_.control().primary_ticks.load(std::memory_order_relaxed);
}

void Backup::publish_progress() {
  ring_.control().backup_position.store(raw(guest_.machine->at()), std::memory_order_relaxed);
  ring_.control().backup_ticks.store(guest_.machine->time_ticks(), std::memory_order_relaxed);
  ring_.control().consumed.store(reader_.offset(), std::memory_order_release);
}

Backup::Pace Backup::give_up(const RecorderMessage& why) {
  supervisor_.send(encode_message(why));
  return Pace::kOver;
}

Backup::Pace Backup::replay_due() {
  for (unsigned i = 0; i < kEventsAtOnce; ++i) {
    auto event = reader_.peek();
    if (!event) return give_up(BackupFailed{event.error().message});
    if (*event == nullptr || !is_due(**event)) return Pace::kWaiting;
    if (auto d = session_.replay(**event)) return give_up(BackupDiverged{d->position, d->what});
    reader_.pop();
    publish_progress();
  }
  return Pace::kWorking;
}

// The saver has the past by being forked, and the journal from here on by the pin; this process trails on.
bool Backup::save(const SaveEvidence& order, Fd channel) {
  ring_.control().pinned.store(reader_.offset());
  saved_to_ = order.to_the_end ? Position{~0ull} : order.position;
  auto forked = fork_process("recount-saver", [&] {
    supervisor_ = Channel();
    return run_saver(setup_.saver, order, guest_, ring_, reader_.offset(), Channel(std::move(channel)));
  });
  auto pushed = guest_.disks.push_temporary_layers(setup_.saver.run_folder);
  if (!forked) Channel(std::move(channel)).send(encode_message(SaveFailed{forked.error()}));
  if (!pushed) give_up(BackupFailed{pushed.error().message});
  return pushed.has_value();
}

int Backup::run() {
  // Unheard, it would be a backup that nobody counts on.
  if (!supervisor_.send(encode_message(BackupReady{static_cast<uint64_t>(own_pid())}))) {
    return static_cast<int>(ErrorKind::kUnavailable);
  }
  publish_progress();
  while (hear()) {
    Pace pace = replay_due();
    if (pace == Pace::kOver) return static_cast<int>(ErrorKind::kDiverged);
    if (pace == Pace::kWorking) continue;
    int fds[] = {supervisor_.fd()};
    wait_readable(fds, kNap_ns);
  }
  return 0;
}

}  // namespace

int run_backup(const BackupSetup& setup, Guest& guest, Ring& ring, Channel supervisor) {
  forget_children();
  guest.machine->forked();
  if (auto pushed = guest.disks.push_temporary_layers(setup.saver.run_folder); !pushed) {
    supervisor.send(encode_message(BackupFailed{pushed.error().message}));
    return static_cast<int>(pushed.error().kind);
  }
  return Backup(setup, guest, ring, std::move(supervisor)).run();
}

}  // namespace recount
