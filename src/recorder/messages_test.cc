#include "recorder/messages.h"

#include <gtest/gtest.h>

#include <cinttypes>
#include <random>

namespace recount {
namespace {

// One of each kind, with no field as it is by default.
std::vector<RecorderMessage> one_of_each() {
  FailureNotice notice{"panic", "Kernel panic - not syncing: x"};
  return {TypeInput{{1, 0, 255}},
          RequestSave{7, "why not"},
          RequestMark{"here"},
          RequestStop{},
          StartBackup{"the backup's process was lost", "/tmp/x"},
          BackupChannel{},
          SetupFailed{{ErrorKind::kUnreadable, "a.img: cannot open"}},
          Started{},
          FailureNoted{3, Position{1ull << 60}, notice},
          JournalLost{},
          Rebooting{},
          Ended{EndReason::kFailure, "so"},
          SaveEvidence{true, Position{77}, notice},
          BackupReady{4321},
          BackupDiverged{Position{9}, "memory differs"},
          BackupFailed{"no room"},
          PastCaptured{},
          CertifyProgress{42},
          EvidenceSaved{"/e/x.recount", true, "detail", 1, 2, 3},
          SaveFailed{{ErrorKind::kUnavailable, "disk full"}}};
}

TEST(Messages, EveryKindComesBackAsItWasSent) {
  auto messages = one_of_each();
  ASSERT_EQ(messages.size(), std::variant_size_v<RecorderMessage>);
  for (size_t i = 0; i < messages.size(); ++i) {
    ASSERT_EQ(messages[i].index(), i);
    Bytes bytes = encode_message(messages[i]);
    auto back = decode_message(bytes);
    ASSERT_TRUE(back) << i;
    EXPECT_EQ(back->index(), i);
    EXPECT_EQ(encode_message(*back), bytes) << i;
  }
}

TEST(Messages, NoFieldIsForgotten) {
  auto messages = one_of_each();
  auto sent = [&]<class T>(T) {
    return std::get<T>(*decode_message(encode_message(messages[RecorderMessage(T{}).index()])));
  };
  EXPECT_EQ(sent(TypeInput{}).bytes, (Bytes{1, 0, 255}));
  EXPECT_EQ(sent(StartBackup{}).gap, "the backup's process was lost");
  EXPECT_EQ(sent(StartBackup{}).spool_folder, "/tmp/x");
  EXPECT_EQ(sent(SetupFailed{}).error.kind, ErrorKind::kUnreadable);
  EXPECT_EQ(sent(SetupFailed{}).error.message, "a.img: cannot open");
  EXPECT_EQ(sent(FailureNoted{}).position, Position{1ull << 60});
  EXPECT_EQ(sent(Ended{}).reason, EndReason::kFailure);
  EXPECT_EQ(sent(Ended{}).what, "so");
  SaveEvidence save = sent(SaveEvidence{});
  EXPECT_TRUE(save.to_the_end);
  EXPECT_EQ(save.position, Position{77});
  EXPECT_EQ(save.notice, (FailureNotice{"panic", "Kernel panic - not syncing: x"}));
  EXPECT_EQ(sent(BackupReady{}).pid, 4321u);
  EXPECT_EQ(sent(BackupDiverged{}).what, "memory differs");
  EXPECT_EQ(sent(CertifyProgress{}).percent, 42u);
  EvidenceSaved saved = sent(EvidenceSaved{});
  EXPECT_EQ(saved.path, "/e/x.recount");
  EXPECT_TRUE(saved.certified);
  EXPECT_EQ(saved.detail, "detail");
  EXPECT_EQ(saved.steps, 1u);
  EXPECT_EQ(saved.digests_compared, 2u);
  EXPECT_EQ(saved.mismatches, 3u);
}

TEST(Messages, ACutOrLengthenedMessageIsNone) {
  for (const RecorderMessage& message : one_of_each()) {
    Bytes bytes = encode_message(message);
    for (size_t size = 0; size < bytes.size(); ++size)
      EXPECT_FALSE(decode_message(ByteView(bytes).first(size)));
    bytes.push_back(0);
    EXPECT_FALSE(decode_message(bytes)) << message.index();
  }
}

TEST(Messages, RandomBytesAreAMessageOrNone) {
  uint64_t seed = std::random_device{}();
  std::printf("seed %" PRIu64 "\n", seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 200'000; ++i) {
    Bytes bytes(random() % 40);
    for (uint8_t& b : bytes) b = static_cast<uint8_t>(random());
    if (!bytes.empty()) bytes[0] = static_cast<uint8_t>(random() % 24);
    auto message = decode_message(bytes);
    // What was accepted means the same when it is sent on.
    if (message) {
      ASSERT_TRUE(decode_message(encode_message(*message)));
    }
  }
}

}  // namespace
}  // namespace recount
