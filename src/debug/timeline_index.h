#pragma once
// What the first replay of evidence has found, in a file: the checkpoints, and the disks' past. With it, the same evidence is open
// without another replay. It can be made again at any time, and is believed: it is to lie where only its user writes.

#include <string>

#include "debug/checkpoints.h"
#include "evidence/evidence_reader.h"

namespace recount {

// Replaces what is there. Of a replay that has run to its end. kUnreadable or kUnavailable if it cannot be written.
Result<void> write_timeline_index(const std::string& path, const EvidenceReader& evidence, const Replayer& replayer,
                                  const Checkpoints& checkpoints);

// The replayer stands at the evidence's begin, where the checkpoints were created. False, and nothing has changed, if there is no
// index of this evidence by this build of Recount. kDamaged if it says what cannot be: then neither is of use any more.
Result<bool> read_timeline_index(const std::string& path, const EvidenceReader& evidence, const Replayer& replayer,
                                 Checkpoints& checkpoints);

}  // namespace recount
