#include "journal/journal_writer.h"

#include "base/check.h"
#include "base/paranoid.h"
#include "journal/record.h"

namespace recount {

void JournalWriter::append(const Event& event) {
  if (ring_ == nullptr) return;
  scratch_.clear();
  encode_record(event, scratch_);
  if constexpr (kParanoid) {
    DecodedRecord read = decode_record(scratch_);
    CHECK(read.status == RecordStatus::kOk && read.size_bytes == scratch_.size() && read.event == event);
  }
  ring_->write(scratch_);  // a ring without room says so itself: lost()
}

}  // namespace recount
