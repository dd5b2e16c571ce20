// Journal records and segments from anybody, also from those who seal well what they forge: decoded or
// refused, never more. The first byte says which of them the rest is.

#include <span>

#include "base/check.h"
#include "journal/record.h"
#include "journal/sample_events.h"
#include "reseal.h"

namespace recount {
namespace {

enum Kind : uint8_t { kRecord, kForgedRecord, kSegment, kForgedSegment, kForgedChain, kKinds };

void examine_record(ByteView bytes) {
  DecodedRecord record = decode_record(bytes);
  if (record.status != RecordStatus::kOk) return;
  // What was accepted means one thing only.
  Bytes again;
  encode_record(record.event, again);
  CHECK(record.size_bytes <= bytes.size() && decode_record(again).event == record.event);
}

void examine_chain(std::span<const ByteView> segments) {
  auto events = read_chain(segments);
  if (!events) return;
  Position last{};
  for (const Event& event : *events) {
    CHECK(event.position >= last);
    last = event.position;
  }
}

// Two segments, chained: cut where the input says.
void examine_forged_chain(ByteView bytes) {
  if (bytes.size() < 2) return;
  size_t cut = (bytes[0] + 256u * bytes[1]) % bytes.size();
  Bytes first_records = with_right_checksums(bytes.subspan(0, cut));
  Bytes second_records = with_right_checksums(bytes.subspan(cut));
  SealedSegment first = seal_segment({}, first_records);
  SealedSegment second = seal_segment({.sequence = 1, .previous = first.digest}, second_records);
  const ByteView chain[] = {first.bytes, second.bytes};
  examine_chain(chain);
}

Bytes input(Kind kind, const Bytes& bytes) {
  Bytes in;
  ByteWriter w(in);
  w.fixed(uint8_t{kind});
  w.raw(bytes);
  return in;
}

}  // namespace
}  // namespace recount

std::vector<std::vector<uint8_t>> fuzz_seeds() {
  using namespace recount;
  std::vector<Bytes> seeds;
  for (const Event& e : sample_events(8, 1)) {
    Bytes record;
    encode_record(e, record);
    seeds.push_back(input(kRecord, record));
    seeds.push_back(input(kForgedRecord, record));
  }
  ChainWriter writer(Position{0});
  Bytes records;
  for (const Event& e : sample_events(16, 2)) {
    writer.add(e);
    encode_record(e, records);
  }
  Bytes segment = writer.finish();
  seeds.push_back(input(kSegment, segment));
  seeds.push_back(input(kForgedSegment, segment));
  seeds.push_back(input(kForgedChain, records));
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace recount;
  if (size == 0) return 0;
  ByteView rest(data + 1, size - 1);
  switch (data[0] % kKinds) {
    case kRecord:
      examine_record(rest);
      break;
    case kForgedRecord:
      examine_record(with_right_checksums(rest));
      break;
    case kSegment:
      examine_chain(std::span(&rest, 1));
      break;
    case kForgedSegment: {
      Bytes sealed = with_right_digest(rest);
      ByteView segment = sealed;
      examine_chain(std::span(&segment, 1));
      break;
    }
    default:
      examine_forged_chain(rest);
  }
  return 0;
}
