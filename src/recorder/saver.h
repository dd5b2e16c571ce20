#pragma once
// The saver's process: forked off the backup when evidence is wanted, it has the backup's state as the past.
// It writes the evidence file, replays the file itself to its end (in a child: a replay may break off), certifies it, and gives it its name.

#include <string>

#include "host/channel.h"
#include "journal/ring.h"
#include "recorder/guest.h"
#include "recorder/messages.h"

namespace recount {

struct SaverSetup {
  std::string run_folder, spool_folder, evidence_folder, recorder_name;
  EngineKind engine = kDefaultEngine;
};

// guest is this process's own, by fork; the journal is pinned from offset on. Exit code of the process; what
// became of the evidence goes through the channel.
int run_saver(const SaverSetup& setup, const SaveEvidence& order, Guest& guest, Ring& ring, uint64_t offset,
              Channel supervisor);

}  // namespace recount
