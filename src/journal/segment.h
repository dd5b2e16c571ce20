#pragma once
// A segment: a run of records with a header and a closing record, chained to the one before by BLAKE2b, so
// that a record changed, lost, added or moved shows (docs/formats/journal.md). A segment is made whole in
// memory, and read whole.

#include <optional>
#include <span>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "event/event.h"

namespace recount {

inline constexpr size_t kSegmentHeaderBytes = 64;
inline constexpr size_t kSegmentFooterBytes = 44;
// Writers close a segment when its records reach this size.
inline constexpr size_t kSegmentRecordBytes = 4 << 20;

struct SegmentHeader {
  uint32_t sequence = 0;  // of the segment in its chain, from 0
  Position begin{};       // no record lies before it
  Digest256 previous;     // digest of the segment before; zeros in the first
};

// The whole segment around these records; digest is what the next one's header must name.
struct SealedSegment {
  Bytes bytes;
  Digest256 digest;
};
SealedSegment seal_segment(const SegmentHeader& header, ByteView records);

struct OpenedSegment {
  SegmentHeader header;
  ByteView records;  // of the bytes given
  Digest256 digest;
};
// kDamaged if it is no whole, unaltered segment. Does not look into the records.
Result<OpenedSegment> open_segment(ByteView bytes);

// The events of a chain of segments, in order; positions never go back. kDamaged, with the segment's number,
// if the chain is broken or a record is damaged.
Result<std::vector<Event>> read_chain(std::span<const ByteView> segments);

// Cuts events into sealed segments: the writing side of read_chain().
class ChainWriter {
 public:
  explicit ChainWriter(Position begin) { header_.begin = begin; }
  // A sealed segment, whenever one is full.
  std::optional<Bytes> add(const Event& event);
  // The last one; it may hold no record.
  Bytes finish() { return seal(); }

 private:
  Bytes seal();
  SegmentHeader header_;
  Position last_{};
  Bytes records_;
};

}  // namespace recount
