#pragma once
// The primary's process: runs the guest against the world, journals every event, forks backups off when told
// to, and notices failures.

#include "host/channel.h"
#include "recorder/recorder_config.h"

namespace recount {

// Runs until the guest ends, fails, or the supervisor says so (or is gone). The process's exit code; what
// there is to tell goes through the channel.
int run_primary(const RecorderConfig& config, Channel supervisor, int console_fd);

}  // namespace recount
