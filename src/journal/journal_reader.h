#pragma once
// Reads a journal that is being written: from the ring, or from the spool where the writer has gone on.
// Values of offset() are places between records.

#include <optional>
#include <string>

#include "event/event.h"
#include "journal/ring.h"

namespace recount {

class JournalReader {
 public:
  JournalReader(Ring& ring, std::string spool_folder, uint64_t offset)
      : ring_(ring), folder_(std::move(spool_folder)), offset_(offset), end_(offset) {}

  // The next event, which stays the next one until pop(); nullptr if there is none yet. kDamaged if the
  // journal is.
  Result<const Event*> peek();
  void pop();
  // Of the next event.
  uint64_t offset() const { return offset_; }

 private:
  Result<bool> fill();

  Ring& ring_;
  const std::string folder_;
  uint64_t offset_;  // of pending_[taken_]
  uint64_t end_;     // behind pending_
  Bytes pending_;
  size_t taken_ = 0;
  size_t next_size_ = 0;  // of next_'s record
  std::optional<Event> next_;
};

}  // namespace recount
