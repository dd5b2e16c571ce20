#pragma once
// One event as bytes, the same in the ring, in a segment file and in evidence (docs/formats/journal.md):
//   u32 crc32 of what follows | varint body size | body: u8 kind, varint position, fields
// Every size and number is checked when it is read: a journal may come from anybody.

#include <optional>

#include "base/bytes.h"
#include "event/event.h"

namespace recount {

inline constexpr size_t kLargestRecordBody = 1 << 20;

// Appends the record to out. The event's blobs must fit a record (CHECKed).
void encode_record(const Event& event, Bytes& out);

enum class RecordStatus : uint8_t {
  kOk,
  kIncomplete,  // the bytes end inside the record
  kDamaged,     // wrong checksum, size, kind or field
};

struct DecodedRecord {
  RecordStatus status = RecordStatus::kIncomplete;
  size_t size_bytes = 0;  // of the record, if kOk
  Event event;            // if kOk
};

DecodedRecord decode_record(ByteView bytes);

}  // namespace recount
