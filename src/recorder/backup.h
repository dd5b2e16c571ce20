#pragma once
// The backup's process: trails the primary by the window, replays its journal, compares every digest, and
// forks a saver off itself when evidence is wanted.

#include <optional>
#include <string>

#include "host/channel.h"
#include "journal/ring.h"
#include "recorder/guest.h"
#include "recorder/saver.h"

namespace recount {

struct BackupSetup {
  SaverSetup saver;
  std::optional<uint64_t> window_ns;  // none: it stays where it was forked
};

// guest is this process's own, by fork. Runs until the supervisor is gone or kills it, or the replay
// diverges. The process's exit code.
int run_backup(const BackupSetup& setup, Guest& guest, Ring& ring, Channel supervisor);

}  // namespace recount
