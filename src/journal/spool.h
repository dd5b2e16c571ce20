#pragma once
// The journal's part on disk: when the ring fills, its oldest records go into segment files, and a file goes
// when nobody needs it any more. The spooler runs in the supervisor; readers open the files by name.

#include <map>
#include <string>

#include "journal/ring.h"
#include "journal/segment.h"

namespace recount {

class Spooler {
 public:
  // The folder is ours, and empty.
  Spooler(Ring& ring, std::string folder) : ring_(ring), folder_(std::move(folder)) {}

  // Moves records to disk if the ring is more than half full, and drops files that are behind the backup. An
  // error (a full disk) leaves the records in the ring: call again.
  Result<void> run();
  uint64_t file_bytes() const { return file_bytes_; }

 private:
  Result<void> spool();
  void drop();

  Ring& ring_;
  const std::string folder_;
  SegmentHeader header_;
  std::map<uint64_t, std::pair<uint64_t, std::string>> files_;  // end offset -> size, path
  uint64_t file_bytes_ = 0;
};

// The records of the segment file that holds this offset, and the offset of their first byte. kDamaged if
// there is none, or it is damaged.
struct SpooledRecords {
  uint64_t begin = 0;
  Bytes bytes;
};
Result<SpooledRecords> read_spool(const std::string& folder, uint64_t offset);

}  // namespace recount
