#include "journal/record.h"

#include <zlib.h>

#include "base/check.h"

namespace recount {
namespace {

// A record's kind is its payload's place in the variant, which the format fixes (docs/formats/journal.md).
template <size_t kKind, class T>
constexpr bool kKindIs = std::is_same_v<std::variant_alternative_t<kKind, Payload>, T>;
static_assert(std::variant_size_v<Payload> == 9);
static_assert(kKindIs<0, TimeAnchor> && kKindIs<1, ConsoleInput> && kKindIs<2, DiskCompletion>);
static_assert(kKindIs<3, EntropySeed> && kKindIs<4, OperatorRequest> && kKindIs<5, Gap>);
static_assert(kKindIs<6, CheckpointDigest> && kKindIs<7, FailureNotice> && kKindIs<8, PacketArrival>);

uint32_t crc_of(ByteView bytes) {
  return static_cast<uint32_t>(::crc32(0, bytes.data(), static_cast<uInt>(bytes.size())));
}

void write_digest(ByteWriter& w, const Digest128& d) {
  w.fixed(d.low);
  w.fixed(d.high);
}
Digest128 read_digest(ByteReader& r) {
  Digest128 d;
  d.low = r.fixed<uint64_t>();
  d.high = r.fixed<uint64_t>();
  return d;
}
std::string read_text(ByteReader& r) {
  ByteView b = r.blob();
  return {b.begin(), b.end()};
}
// An enum's value, which must be at most last.
template <class E>
bool read_enum(ByteReader& r, E& value, E last) {
  auto v = r.fixed<uint8_t>();
  value = static_cast<E>(v);
  return v <= static_cast<uint8_t>(last);
}

// --- the fields of each kind; read() is false if a value cannot be ---

void write(ByteWriter& w, const TimeAnchor& a) {
  w.varint(a.time_ticks);
  w.varint(a.rate);
}
bool read(ByteReader& r, TimeAnchor& a) {
  a.time_ticks = r.varint();
  a.rate = r.varint();
  return true;
}

void write(ByteWriter& w, const ConsoleInput& i) {
  w.fixed(static_cast<uint8_t>(i.console));
  w.blob(i.bytes);
}
bool read(ByteReader& r, ConsoleInput& i) {
  bool known = read_enum(r, i.console, ConsoleId::kVirtio);
  ByteView b = r.blob();
  i.bytes.assign(b.begin(), b.end());
  return known;
}

void write(ByteWriter& w, const DiskCompletion& c) {
  w.fixed(c.disk);
  w.varint(c.request);
  w.fixed(static_cast<uint8_t>(c.status));
}
bool read(ByteReader& r, DiskCompletion& c) {
  c.disk = r.fixed<uint8_t>();
  c.request = r.varint();
  return read_enum(r, c.status, DiskStatus::kIoError);
}

void write(ByteWriter& w, const EntropySeed& s) { w.raw(s.seed); }
bool read(ByteReader& r, EntropySeed& s) {
  ByteView b = r.raw(s.seed.size());
  if (b.size() == s.seed.size()) std::copy(b.begin(), b.end(), s.seed.begin());
  return true;
}

void write(ByteWriter& w, const OperatorRequest& o) {
  w.fixed(static_cast<uint8_t>(o.action));
  w.blob(view_of(o.text));
}
bool read(ByteReader& r, OperatorRequest& o) {
  bool known = read_enum(r, o.action, OperatorAction::kShutdown);
  o.text = read_text(r);
  return known;
}

void write(ByteWriter& w, const Gap& g) {
  w.fixed(static_cast<uint8_t>(g.reason));
  w.blob(view_of(g.text));
}
bool read(ByteReader& r, Gap& g) {
  bool known = read_enum(r, g.reason, GapReason::kThrottled);
  g.text = read_text(r);
  return known;
}

void write(ByteWriter& w, const CheckpointDigest& d) {
  for (const Digest128* part : {&d.harts, &d.devices, &d.output, &d.ram}) write_digest(w, *part);
}
bool read(ByteReader& r, CheckpointDigest& d) {
  for (Digest128* part : {&d.harts, &d.devices, &d.output, &d.ram}) *part = read_digest(r);
  return true;
}

void write(ByteWriter& w, const FailureNotice& f) {
  w.blob(view_of(f.cause));
  w.blob(view_of(f.detail));
}
bool read(ByteReader& r, FailureNotice& f) {
  f.cause = read_text(r);
  f.detail = read_text(r);
  return true;
}

void write(ByteWriter& w, const PacketArrival& p) { w.blob(p.frame); }
bool read(ByteReader& r, PacketArrival& p) {
  ByteView b = r.blob();
  p.frame.assign(b.begin(), b.end());
  return true;
}

// Makes the payload of this kind and reads its fields. False if there is no such kind, or a field is wrong.
template <size_t I = 0>
bool read_payload(ByteReader& r, uint8_t kind, Payload& payload) {
  if constexpr (I < std::variant_size_v<Payload>) {
    if (kind != I) return read_payload<I + 1>(r, kind, payload);
    return read(r, payload.emplace<I>());
  } else {
    return false;
  }
}

}  // namespace

void encode_record(const Event& event, Bytes& out) {
  Bytes body;
  ByteWriter b(body);
  b.fixed(static_cast<uint8_t>(event.payload.index()));
  b.varint(raw(event.position));
  std::visit([&b](const auto& payload) { write(b, payload); }, event.payload);
  CHECK(body.size() <= kLargestRecordBody);

  Bytes sized;
  ByteWriter(sized).blob(body);
  ByteWriter w(out);
  w.fixed(crc_of(sized));
  w.raw(sized);
}

DecodedRecord decode_record(ByteView bytes) {
  DecodedRecord record;
  ByteReader r(bytes);
  auto crc = r.fixed<uint32_t>();
  if (!r.ok()) return record;
  uint64_t body_size = r.varint();
  if (!r.ok()) {
    // A varint has at most ten bytes: with more of them there it is not cut, it is wrong.
    constexpr size_t kLongestHead = sizeof crc + 10;
    record.status = bytes.size() >= kLongestHead ? RecordStatus::kDamaged : RecordStatus::kIncomplete;
    return record;
  }
  if (body_size > kLargestRecordBody) {
    record.status = RecordStatus::kDamaged;
    return record;
  }
  size_t head_size = bytes.size() - r.remaining();
  ByteView body = r.raw(static_cast<size_t>(body_size));
  if (!r.ok()) return record;

  size_t size = head_size + body.size();
  record.status = RecordStatus::kDamaged;
  if (crc_of(bytes.subspan(sizeof crc, size - sizeof crc)) != crc) return record;
  ByteReader fields(body);
  auto kind = fields.fixed<uint8_t>();
  record.event.position = Position{fields.varint()};
  if (!read_payload(fields, kind, record.event.payload) || !fields.ok() || fields.remaining() != 0)
    return record;
  record.status = RecordStatus::kOk;
  record.size_bytes = size;
  return record;
}

}  // namespace recount
