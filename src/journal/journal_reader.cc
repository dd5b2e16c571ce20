#include "journal/journal_reader.h"

#include "base/check.h"
#include "journal/record.h"
#include "journal/spool.h"

namespace recount {

Result<const Event*> JournalReader::peek() {
  while (!next_) {
    DecodedRecord record = decode_record(ByteView(pending_).subspan(taken_));
    switch (record.status) {
      case RecordStatus::kDamaged:
        return fail(ErrorKind::kDamaged, "the journal holds a damaged record");
      case RecordStatus::kIncomplete:
        if (!TRY(fill())) return nullptr;
        break;
      case RecordStatus::kOk:
        next_ = std::move(record.event);
        next_size_ = record.size_bytes;
    }
  }
  return &*next_;
}

void JournalReader::pop() {
  CHECK(next_.has_value());
  next_.reset();
  taken_ += next_size_;
  offset_ += next_size_;
}

// More bytes behind pending_; false if there are none yet.
Result<bool> JournalReader::fill() {
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(taken_));
  taken_ = 0;
  constexpr size_t kStep = 64 << 10;
  size_t had = pending_.size();
  pending_.resize(had + kStep);
  auto got = ring_.read(end_, std::span(pending_).subspan(had));
  pending_.resize(had + got.value_or(0));
  if (!got) {
    SpooledRecords spooled = TRY(read_spool(folder_, end_));
    auto rest = ByteView(spooled.bytes).subspan(end_ - spooled.begin);
    pending_.insert(pending_.end(), rest.begin(), rest.end());
    got = rest.size();
  }
  end_ += *got;
  return *got > 0;
}

}  // namespace recount
