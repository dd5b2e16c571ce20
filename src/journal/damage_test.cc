// A journal of which every bit is flipped once, in the ring, in its control words and in the spool's files, and which is
// cut everywhere: what is read is a true beginning of it, and then an error or nothing more. Never another event.

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>

#include "base/check.h"
#include "host/file.h"
#include "host/folders.h"
#include "journal/journal_reader.h"
#include "journal/journal_writer.h"
#include "journal/sample_events.h"
#include "journal/segment.h"
#include "journal/spool.h"

namespace recount {
namespace {

constexpr size_t kControlBytes = 4096;  // of the ring's memory; its data comes behind

class JournalDamage : public ::testing::Test {
 protected:
  JournalDamage() {
    writer_.attach(*ring_);
    for (const Event& event : events_) writer_.append(event);
    memory_ = static_cast<uint8_t*>(
        ::mmap(nullptr, kControlBytes + kRingBytes, PROT_READ | PROT_WRITE, MAP_SHARED, ring_->fd().get(), 0));
    CHECK(memory_ != MAP_FAILED);
  }
  ~JournalDamage() override {
    ::munmap(memory_, kControlBytes + kRingBytes);
    remove_folder(folder_);
  }

  enum class End { kNothingMore, kError };
  struct Read {
    size_t events = 0;
    End end = End::kNothingMore;
  };
  // All that a backup would read. Fails the test at an event that is not the one that was written.
  Read read_all() {
    Read read;
    JournalReader reader(*ring_, folder_, 0);
    for (;; reader.pop()) {
      auto event = reader.peek();
      if (!event) {
        EXPECT_EQ(event.error().message.find('\n'), std::string::npos);
        read.end = End::kError;
        return read;
      }
      if (*event == nullptr) return read;
      if (read.events == events_.size() || **event != events_[read.events]) {
        ADD_FAILURE() << "event " << read.events << " is another one";
        return read;
      }
      ++read.events;
    }
  }

  std::string folder_ = *make_private_folder(::testing::TempDir(), "journal_damage");
  std::vector<Event> events_ = sample_events(40, 8);
  std::unique_ptr<Ring> ring_ = *Ring::create();
  JournalWriter writer_;
  uint8_t* memory_ = nullptr;
};

void flip(uint8_t& byte, unsigned bit) { byte = static_cast<uint8_t>(byte ^ 1u << bit); }

TEST_F(JournalDamage, NoFlippedBitOfTheRingReadsAsAnEvent) {
  ASSERT_EQ(read_all().events, events_.size());
  const uint64_t size = ring_->control().head;
  for (uint64_t at = 0; at < size; ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      flip(memory_[kControlBytes + at], bit);
      ASSERT_LT(read_all().events, events_.size()) << "byte " << at << " bit " << bit;
      ASSERT_FALSE(HasFailure()) << "byte " << at << " bit " << bit;
      flip(memory_[kControlBytes + at], bit);
    }
  }
  EXPECT_EQ(read_all().events, events_.size());
}

TEST_F(JournalDamage, ARingThatEndsAnywhereIsABeginningAndNoError) {
  const uint64_t size = ring_->control().head;
  for (uint64_t head = 0; head < size; ++head) {
    ring_->control().head = head;
    Read read = read_all();
    ASSERT_EQ(read.end, End::kNothingMore) << "cut at " << head;
    ASSERT_LT(read.events, events_.size());
  }
}

// Reader and spooler are told that things are where they are not.
TEST_F(JournalDamage, NoFlippedBitOfTheControlWordsIsBelieved) {
  Bytes before(memory_, memory_ + sizeof(RingControl));
  for (size_t at = 0; at < sizeof(RingControl); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      flip(memory_[at], bit);
      (void)read_all();
      Spooler spooler(*ring_, folder_);
      auto spooled = spooler.run();
      EXPECT_TRUE(spooled || spooled.error().message.find('\n') == std::string::npos);
      (void)read_all();
      ASSERT_FALSE(HasFailure()) << "control byte " << at << " bit " << bit;
      std::memcpy(memory_, before.data(), before.size());
      const auto written = *list_folder(folder_);
      for (const std::string& name : written) ASSERT_TRUE(remove_file(folder_ + "/" + name));
    }
  }
  EXPECT_EQ(read_all().events, events_.size());
}

TEST_F(JournalDamage, NoDamageToASpooledFileReadsAsAnEvent) {
  ChainWriter chain(Position{0});
  for (const Event& event : events_) (void)chain.add(event);
  const uint64_t size = ring_->control().head;
  const std::string path = folder_ + "/00000000000000000000.seg";
  const Bytes whole = chain.finish();
  ring_->control().spooled = size;
  ASSERT_TRUE(replace_file(path, whole));
  ASSERT_EQ(read_all().events, events_.size());
  auto damaged_is_an_error = [&](const Bytes& bytes) {
    ASSERT_TRUE(replace_file(path, bytes));
    Read read = read_all();
    EXPECT_EQ(read.events, 0u) << "a segment is believed as a whole or not at all";
    EXPECT_EQ(read.end, End::kError);
  };
  for (size_t at = 0; at < whole.size() && !HasFailure(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      Bytes flipped = whole;
      flip(flipped[at], bit);
      damaged_is_an_error(flipped);
      if (HasFailure()) FAIL() << "byte " << at << " bit " << bit;
    }
    damaged_is_an_error(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(at)));
    if (HasFailure()) FAIL() << "cut at " << at;
  }
  ASSERT_TRUE(remove_file(path));
  EXPECT_EQ(read_all().end, End::kError) << "a file that is missing";
}

}  // namespace
}  // namespace recount
