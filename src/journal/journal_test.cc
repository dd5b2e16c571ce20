#include <gtest/gtest.h>

#include "host/file.h"
#include "host/folders.h"
#include "journal/journal_reader.h"
#include "journal/journal_writer.h"
#include "journal/record.h"
#include "journal/sample_events.h"
#include "journal/segment.h"
#include "journal/spool.h"

namespace recount {
namespace {

struct TemporaryFolder {
  std::string path = *make_private_folder(::testing::TempDir(), "journal");
  ~TemporaryFolder() { remove_folder(path); }
};

Bytes encoded(const Event& event) {
  Bytes bytes;
  encode_record(event, bytes);
  return bytes;
}

std::vector<Bytes> chain_of(const std::vector<Event>& events) {
  std::vector<Bytes> segments;
  ChainWriter writer(Position{0});
  for (const Event& e : events) {
    if (auto full = writer.add(e)) segments.push_back(*std::move(full));
  }
  segments.push_back(writer.finish());
  return segments;
}
Result<std::vector<Event>> read_back(const std::vector<Bytes>& segments) {
  std::vector<ByteView> views(segments.begin(), segments.end());
  return read_chain(views);
}

TEST(Record, EveryKindReadsBackAsWritten) {
  for (const Event& e : sample_events(64, 1)) {
    DecodedRecord record = decode_record(encoded(e));
    ASSERT_EQ(record.status, RecordStatus::kOk);
    EXPECT_EQ(record.event, e);
    EXPECT_EQ(record.size_bytes, encoded(e).size());
  }
}

TEST(Record, EveryTruncationIsIncomplete) {
  for (const Event& e : sample_events(8, 2)) {
    Bytes bytes = encoded(e);
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_EQ(decode_record(ByteView(bytes).first(size)).status, RecordStatus::kIncomplete);
    }
  }
}

TEST(Record, NoFlippedBitReadsAsAnEvent) {
  for (const Event& e : sample_events(8, 3)) {
    Bytes bytes = encoded(e);
    for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      Bytes flipped = bytes;
      flipped[bit / 8] = static_cast<uint8_t>(flipped[bit / 8] ^ (1u << (bit % 8)));
      EXPECT_NE(decode_record(flipped).status, RecordStatus::kOk) << "bit " << bit;
    }
  }
}

TEST(Record, ATimeAnchorTakesAtMost24Bytes) {
  // 10 KB/s for a CPU-bound guest are budgeted for about 400 of them.
  EXPECT_LE(encoded({Position{1ull << 42}, TimeAnchor{1ull << 40, 1ull << 29}}).size(), 24u);
}

TEST(Segment, AChainReadsBackAsWritten) {
  std::vector<Event> events = sample_events(300'000, 4);
  std::vector<Bytes> segments = chain_of(events);
  EXPECT_GT(segments.size(), 2u);
  auto back = read_back(segments);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, events);
}

TEST(Segment, EveryFlippedByteAndEveryTruncationIsNoticed) {
  std::vector<Bytes> segments = chain_of(sample_events(24, 5));
  ASSERT_EQ(segments.size(), 1u);
  for (size_t i = 0; i < segments[0].size(); ++i) {
    std::vector<Bytes> damaged = segments;
    damaged[0][i] ^= 0x10;
    EXPECT_FALSE(read_back(damaged)) << "byte " << i;
    damaged = segments;
    damaged[0].resize(i);
    EXPECT_FALSE(read_back(damaged)) << "cut at " << i;
  }
}

TEST(Segment, ALostDoubledOrSwappedSegmentIsNoticed) {
  std::vector<Bytes> segments = chain_of(sample_events(300'000, 6));
  ASSERT_GE(segments.size(), 3u);
  EXPECT_FALSE(read_back({segments[1], segments[2]}));
  EXPECT_FALSE(read_back({segments[0], segments[2]}));
  EXPECT_FALSE(read_back({segments[0], segments[0], segments[1]}));
  EXPECT_FALSE(read_back({segments[1], segments[0]}));
}

TEST(Ring, EventsComeThroughInOrderOverManyWraps) {
  auto ring = *Ring::create();
  TemporaryFolder folder;
  JournalWriter writer;
  writer.attach(*ring);
  JournalReader reader(*ring, folder.path, 0);
  std::mt19937_64 random(7);
  uint64_t position = 0, read = 0;
  Bytes blob(100'000, 0x5a);
  for (int i = 0; i < 1000; ++i) {
    writer.append({Position{++position}, ConsoleInput{ConsoleId::kUart, blob}});
    if (random() % 8 != 0) continue;
    while (const Event* e = *reader.peek()) {
      ASSERT_EQ(raw(e->position), ++read);
      reader.pop();
    }
    ring->control().consumed = reader.offset();
  }
  EXPECT_FALSE(writer.lost());
  EXPECT_GT(read, 900u);
}

TEST(Ring, AFullRingLosesWhatComesAfterAndSaysSo) {
  auto ring = *Ring::create();
  JournalWriter writer;
  writer.attach(*ring);
  Bytes blob(1 << 18, 1);
  for (uint64_t i = 0; i < 100; ++i) writer.append({Position{i}, ConsoleInput{ConsoleId::kUart, blob}});
  EXPECT_TRUE(writer.lost());
  ring->control().consumed = ring->control().head.load();
  writer.append({Position{100}, TimeAnchor{}});
  EXPECT_TRUE(writer.lost()) << "a journal with a hole must not go on";
  auto fresh = *Ring::create();
  writer.attach(*fresh);
  EXPECT_FALSE(writer.lost());
}

TEST(Spool, AReaderFarBehindFindsEveryEventOnDisk) {
  auto ring = *Ring::create();
  TemporaryFolder folder;
  Spooler spooler(*ring, folder.path);
  JournalWriter writer;
  writer.attach(*ring);
  Bytes blob(50'000, 2);
  for (uint64_t i = 0; i < 1000; ++i) {
    writer.append({Position{i}, ConsoleInput{ConsoleId::kUart, blob}});
    auto spooled = spooler.run();
    ASSERT_TRUE(spooled) << spooled.error().message;
  }
  EXPECT_FALSE(writer.lost());
  EXPECT_GT(spooler.file_bytes(), 30u << 20);
  JournalReader reader(*ring, folder.path, 0);
  for (uint64_t i = 0; i < 1000; ++i) {
    auto e = reader.peek();
    ASSERT_TRUE(e) << e.error().message;
    ASSERT_NE(*e, nullptr) << i;
    ASSERT_EQ(raw((*e)->position), i);
    reader.pop();
  }
  EXPECT_EQ(*reader.peek(), nullptr);
  ring->control().consumed = reader.offset();
  ASSERT_TRUE(spooler.run());
  EXPECT_EQ(spooler.file_bytes(), 0u);
  EXPECT_TRUE(list_folder(folder.path)->empty()) << "files behind the backup are dropped";
}

TEST(Spool, PinnedFilesStayUntilTheyAreSaved) {
  auto ring = *Ring::create();
  TemporaryFolder folder;
  Spooler spooler(*ring, folder.path);
  JournalWriter writer;
  writer.attach(*ring);
  ring->control().pinned = 0;
  Bytes blob(50'000, 3);
  for (uint64_t i = 0; i < 400; ++i) writer.append({Position{i}, ConsoleInput{ConsoleId::kUart, blob}});
  ASSERT_TRUE(spooler.run());
  ring->control().consumed = ring->control().head.load();
  ASSERT_TRUE(spooler.run());
  EXPECT_GT(spooler.file_bytes(), 0u);
  ring->control().pinned = ~0ull;
  ASSERT_TRUE(spooler.run());
  EXPECT_EQ(spooler.file_bytes(), 0u);
}

TEST(Spool, ADamagedFileIsAnErrorNotAnEvent) {
  auto ring = *Ring::create();
  TemporaryFolder folder;
  Spooler spooler(*ring, folder.path);
  JournalWriter writer;
  writer.attach(*ring);
  Bytes blob(50'000, 4);
  for (uint64_t i = 0; i < 300; ++i) writer.append({Position{i}, ConsoleInput{ConsoleId::kUart, blob}});
  ASSERT_TRUE(spooler.run());
  std::string path = folder.path + "/" + list_folder(folder.path)->front();
  Bytes file = *read_file(path);
  file[file.size() / 2] ^= 1;
  ASSERT_TRUE(replace_file(path, file));
  JournalReader reader(*ring, folder.path, 0);
  EXPECT_FALSE(reader.peek());
}

}  // namespace
}  // namespace recount
