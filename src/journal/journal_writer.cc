#include "journal/journal_writer.h"

#include "journal/record.h"

namespace recount {

void JournalWriter::append(const Event& event) {
  if (ring_ == nullptr) return;
  scratch_.clear();
  encode_record(event, scratch_);
  ring_->write(scratch_);  // a ring without room says so itself: lost()
}

}  // namespace recount
