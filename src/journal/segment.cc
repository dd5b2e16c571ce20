#include "journal/segment.h"

#include <algorithm>
#include <string_view>

#include "journal/record.h"

namespace recount {
namespace {

constexpr std::string_view kMagic = "RECNTSEG", kEndMagic = "RSEG-END";
constexpr uint32_t kVersion = 1;

bool matches(ByteView bytes, std::string_view text) { return std::ranges::equal(bytes, view_of(text)); }

Digest256 read_digest(ByteReader& r) {
  Digest256 d;
  ByteView b = r.raw(d.bytes.size());
  if (r.ok()) std::ranges::copy(b, d.bytes.begin());
  return d;
}

}  // namespace

SealedSegment seal_segment(const SegmentHeader& header, ByteView records) {
  SealedSegment sealed;
  ByteWriter w(sealed.bytes);
  w.raw(view_of(kMagic));
  w.fixed(kVersion);
  w.fixed(header.sequence);
  w.fixed(raw(header.begin));
  w.raw(header.previous.bytes);
  w.fixed(uint64_t{records.size()});
  w.raw(records);
  sealed.digest = blake2b(sealed.bytes);
  w.raw(view_of(kEndMagic));
  w.fixed(kVersion);
  w.raw(sealed.digest.bytes);
  return sealed;
}

Result<OpenedSegment> open_segment(ByteView bytes) {
  if (bytes.size() < kSegmentHeaderBytes + kSegmentFooterBytes)
    return fail(ErrorKind::kDamaged, "segment is cut");
  ByteReader r(bytes);
  if (!matches(r.raw(kMagic.size()), kMagic)) return fail(ErrorKind::kDamaged, "not a journal segment");
  auto version = r.fixed<uint32_t>();
  if (version != kVersion) {
    return fail(ErrorKind::kDamaged, "journal version " + std::to_string(version) + " is not known here");
  }
  OpenedSegment segment;
  segment.header.sequence = r.fixed<uint32_t>();
  segment.header.begin = Position{r.fixed<uint64_t>()};
  segment.header.previous = read_digest(r);
  if (r.fixed<uint64_t>() != r.remaining() - kSegmentFooterBytes)
    return fail(ErrorKind::kDamaged, "segment is cut");
  segment.records = r.raw(r.remaining() - kSegmentFooterBytes);
  segment.digest = blake2b(bytes.first(bytes.size() - kSegmentFooterBytes));
  bool closed = matches(r.raw(kEndMagic.size()), kEndMagic) && r.fixed<uint32_t>() == kVersion;
  if (!closed || read_digest(r) != segment.digest) {
    return fail(ErrorKind::kDamaged, "segment does not match its digest");
  }
  return segment;
}

Result<std::vector<Event>> read_chain(std::span<const ByteView> segments) {
  std::vector<Event> events;
  Digest256 previous;
  Position last{};
  for (uint32_t i = 0; i < segments.size(); ++i) {
    auto in_segment = [i](std::string what) {
      return fail(ErrorKind::kDamaged, "journal segment " + std::to_string(i) + ": " + std::move(what));
    };
    auto segment = open_segment(segments[i]);
    if (!segment) return in_segment(segment.error().message);
    if (segment->header.sequence != i || segment->header.previous != previous) {
      return in_segment("does not follow the one before");
    }
    previous = segment->digest;
    for (ByteView rest = segment->records; !rest.empty();) {
      DecodedRecord record = decode_record(rest);
      if (record.status != RecordStatus::kOk) return in_segment("a record is damaged");
      if (record.event.position < std::max(last, segment->header.begin))
        return in_segment("positions go back");
      last = record.event.position;
      rest = rest.subspan(record.size_bytes);
      events.push_back(std::move(record.event));
    }
  }
  return events;
}

std::optional<Bytes> ChainWriter::add(const Event& event) {
  encode_record(event, records_);
  last_ = event.position;
  if (records_.size() < kSegmentRecordBytes) return std::nullopt;
  return seal();
}

Bytes ChainWriter::seal() {
  SealedSegment sealed = seal_segment(header_, records_);
  header_ = {header_.sequence + 1, std::max(last_, header_.begin), sealed.digest};
  records_.clear();
  return std::move(sealed.bytes);
}

}  // namespace recount
