#include "journal/journal_writer.h"

#include "journal/record.h"

namespace recount {

void JournalWriter::append(const Event& event) {
  if (ring_ == nullptr) return;
  scratch_.clear();
  encode_record(event, scratch_);
  if (ring_->write(scratch_)) ++event_count_;
}

}  // namespace recount
