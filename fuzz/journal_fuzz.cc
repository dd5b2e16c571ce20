// Journal records and segments from anybody: decoded or refused, never more.

#include <span>

#include "base/check.h"
#include "journal/record.h"
#include "journal/sample_events.h"
#include "journal/segment.h"

using namespace recount;

std::vector<std::vector<uint8_t>> fuzz_seeds() {
  std::vector<std::vector<uint8_t>> seeds;
  for (const Event& e : sample_events(8, 1)) encode_record(e, seeds.emplace_back());
  ChainWriter writer(Position{0});
  for (const Event& e : sample_events(16, 2)) writer.add(e);
  seeds.push_back(writer.finish());
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteView bytes(data, size);
  DecodedRecord record = decode_record(bytes);
  if (record.status == RecordStatus::kOk) {
    // What was accepted means one thing only.
    Bytes again;
    encode_record(record.event, again);
    CHECK(record.size_bytes <= size && decode_record(again).event == record.event);
  }
  (void)read_chain(std::span(&bytes, 1));
  return 0;
}
