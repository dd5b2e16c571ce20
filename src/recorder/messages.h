#pragma once
// What the recorder's processes say to each other, over Channels. Values; a message that does not decode came
// from a process gone mad, and counts as its death.

#include <optional>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"
#include "event/event.h"

namespace recount {

// --- supervisor to primary ---

struct TypeInput {
  Bytes bytes;
};
struct RequestSave {
  uint64_t request = 0;  // comes back in FailureNoted, for who asked
  std::string text;
};
struct RequestMark {
  std::string text;
};
struct RequestStop {};
// With the ring's descriptor; the backup's channel comes right behind, in a BackupChannel. The gap's text
// says why the journal begins here; empty at power-on.
struct StartBackup {
  std::string gap;
  std::string spool_folder;
};
struct BackupChannel {};

// --- primary to supervisor ---

// The guest could not be started.
struct SetupFailed {
  Error error;
};
struct Started {};
// Noted in the journal, at this position.
struct FailureNoted {
  uint64_t request = 0;  // of an operator; 0: nobody asked
  Position position{};
  FailureNotice notice;
};
struct JournalLost {};
// The machine is powered on anew, at position 0, and wants a new backup.
struct Rebooting {};
enum class EndReason : uint8_t { kPoweroff, kStopped, kFailure };
struct Ended {
  EndReason reason = EndReason::kStopped;
  std::string what;  // for people, if there is something to say
};

// --- supervisor to backup ---

// With the saver's channel. Saves up to the notice at position, or, if the primary is lost, up to the
// journal's end.
struct SaveEvidence {
  bool to_the_end = false;
  Position position{};
  FailureNotice notice;
};

// --- backup to supervisor ---

struct BackupReady {
  uint64_t pid = 0;
};
// The backup stops after one of these.
struct BackupDiverged {
  Position position{};
  std::string what;
};
struct BackupFailed {
  std::string what;
};

// --- saver to supervisor ---

// The past is copied: nothing that happens to images or journal now matters to it.
struct PastCaptured {};
struct CertifyProgress {
  uint64_t percent = 0;
};
struct EvidenceSaved {
  std::string path;
  bool certified = false;
  std::string detail;  // why not, if not certified
  uint64_t steps = 0, digests_compared = 0, mismatches = 0;
};
struct SaveFailed {
  Error error;
};

using RecorderMessage =
    std::variant<TypeInput, RequestSave, RequestMark, RequestStop, StartBackup, BackupChannel, SetupFailed,
                 Started, FailureNoted, JournalLost, Rebooting, Ended, SaveEvidence, BackupReady,
                 BackupDiverged, BackupFailed, PastCaptured, CertifyProgress, EvidenceSaved, SaveFailed>;

Bytes encode_message(const RecorderMessage& message);
std::optional<RecorderMessage> decode_message(ByteView bytes);

}  // namespace recount
