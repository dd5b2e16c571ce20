// Evidence of a real recording, walked through forwards and backwards.

#include <gtest/gtest.h>

#include "debug/timeline.h"
#include "host/folders.h"
#include "support/recording.h"

namespace recount::test {
namespace {

class TimelineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = write_evidence(sample_past(), folder_, "test.recount").value();
    evidence_ = std::move(EvidenceReader::open(path_).value());
  }
  std::unique_ptr<Timeline> open(EngineKind engine = kDefaultEngine) {
    TimelineOptions options{.replay = {.engine = engine, .jit = {}, .temporary_folder = folder_, .disk_paths = {}}, .progress = {}};
    auto timeline = Timeline::open(*evidence_, options, console_);
    EXPECT_TRUE(timeline) << timeline.error().message;
    return std::move(*timeline);
  }
  void TearDown() override { remove_folder(folder_); }

  std::string folder_ = make_private_folder(::testing::TempDir(), "timeline").value();
  std::string path_;
  std::unique_ptr<EvidenceReader> evidence_;
  CollectedConsole console_;
};

TEST_F(TimelineTest, OpensAtTheEnd) {
  auto t = open();
  EXPECT_EQ(t->at(), sample_past().end);
  EXPECT_EQ(t->begin(), sample_past().begin);
}

TEST_F(TimelineTest, StepsThereAndBack) {
  auto t = open();
  uint64_t pc = t->machine().hart().pc;
  ASSERT_TRUE(t->step(Direction::kBackward, 10));
  EXPECT_EQ(t->end() - t->at(), 10u);
  ASSERT_TRUE(t->step(Direction::kForward, 10));
  EXPECT_EQ(t->machine().hart().pc, pc);
  EXPECT_EQ(t->step(Direction::kForward)->reason, StopReason::kEnd);
}

TEST_F(TimelineTest, OutsideOfTheEvidenceThereIsNothing) {
  auto t = open();
  EXPECT_EQ(t->go_to(t->end() + 1).error().kind, ErrorKind::kUsage);
}

}  // namespace
}  // namespace recount::test
