#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>

#include "evidence/evidence_reader.h"
#include "evidence/evidence_writer.h"
#include "evidence/sample_evidence.h"
#include "host/file.h"
#include "host/folders.h"
#include "host/folders.h"

namespace recount {
namespace {

class EvidenceTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = make_private_folder(testing::TempDir(), "evidence_test");
    ASSERT_TRUE(made);
    folder_ = *made;
  }
  void TearDown() override { remove_folder(folder_); }
  std::string sample(ByteView ram) {
    auto path = write_sample_evidence(folder_, "web1-panic.recount", ram);
    EXPECT_TRUE(path) << path.error().message;
    return path.value_or("");
  }
  std::string folder_;
};

TEST_F(EvidenceTest, WhatIsWrittenIsRead) {
  Bytes ram = sample_ram();
  auto reader = EvidenceReader::open(sample(ram));
  ASSERT_TRUE(reader) << reader.error().message;
  const EvidenceReader& evidence = **reader;
  auto seal = evidence.check_seal();
  EXPECT_TRUE(seal) << seal.error().message;

  Manifest expected = sample_manifest(ram.size());
  expected.certified = true;
  Manifest got = evidence.manifest();
  EXPECT_EQ(got.members.size(), evidence.member_names().size() - 1);
  got.members.clear();
  EXPECT_EQ(got, expected);
  ASSERT_TRUE(evidence.certificate());
  EXPECT_EQ(evidence.certificate()->vouches_for.size(), 6u);

  auto journal = evidence.member("journal/00001.seg");
  ASSERT_TRUE(journal);
  EXPECT_EQ(blake2b(*journal), blake2b(view_of("the last of them")));
  EXPECT_TRUE(evidence.member("disk/0.overlay")->empty());
  EXPECT_FALSE(evidence.has_member("state/ram/00001.zst"));  // zeros
  Bytes back(ram.size(), 0xee);
  auto loaded = evidence.load_ram(back);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(back, ram);
}

TEST_F(EvidenceTest, UncertifiedFileIsReadableWhileItIsCertified) {
  auto writer = *EvidenceWriter::create(folder_, "x.recount");
  Bytes ram(8192, 7);
  ASSERT_TRUE(writer->add_member("journal/0.seg", view_of("abc")));
  ASSERT_TRUE(writer->add_ram(ram));
  Manifest manifest = sample_manifest(ram.size());
  manifest.disks.clear();
  ASSERT_TRUE(writer->finish_uncertified(manifest));
  auto reader = EvidenceReader::open(writer->temporary_path());
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_FALSE((*reader)->manifest().certified);
  EXPECT_EQ((*reader)->check_seal().error().kind, ErrorKind::kVerify);  // not closed yet
  manifest.uncertified_reason = "replay diverged";
  manifest.diverged_at = Position{1'000'017};
  auto certified = writer->certify(manifest, std::nullopt, view_of("{}\n"));
  ASSERT_TRUE(certified) << certified.error().message;
  Bytes back(ram.size(), 0);
  EXPECT_TRUE((*reader)->load_ram(back));
  EXPECT_EQ(back, ram);
  auto path = writer->publish();
  ASSERT_TRUE(path);
  auto published = EvidenceReader::open(*path);
  ASSERT_TRUE(published);
  EXPECT_EQ((*published)->manifest().diverged_at, Position{1'000'017});
  EXPECT_TRUE((*published)->check_seal());
}

TEST_F(EvidenceTest, TakenNameIsNeverOverwritten) {
  Bytes ram(4096, 1);
  std::string first = sample(ram);
  Bytes before = *read_file(first);
  EXPECT_EQ(sample(ram), folder_ + "/web1-panic-2.recount");
  EXPECT_EQ(sample(ram), folder_ + "/web1-panic-3.recount");
  EXPECT_EQ(*read_file(first), before);
  EXPECT_EQ(list_folder(folder_)->size(), 3u);
}

TEST_F(EvidenceTest, UnpublishedWriterLeavesNothing) {
  {
    auto writer = *EvidenceWriter::create(folder_, "x.recount");
    ASSERT_TRUE(writer->add_member("journal/0.seg", view_of("abc")));
    EXPECT_FALSE(*file_exists(folder_ + "/x.recount"));
  }
  EXPECT_TRUE(list_folder(folder_)->empty());
}

TEST_F(EvidenceTest, FolderThatIsNotThereIsOneClearLine) {
  auto writer = EvidenceWriter::create(folder_ + "/none", "x.recount");
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(EvidenceWriter::create(folder_, "../x").error().kind, ErrorKind::kUsage);
}

// A file-size limit fails as a full disk does, at each place that writes.
TEST_F(EvidenceTest, FailedWriteLeavesNothingWhereverItHappens) {
  Bytes ram = sample_ram();
  std::string whole = sample(ram);
  auto size = (*EvidenceReader::open(whole))->size_bytes();
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  for (uint64_t limit = 0; limit < size; limit += 1 + size / 150) {
    rlimit low{limit, old.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &low);
    auto path = write_sample_evidence(folder_, "other.recount", ram);
    ::setrlimit(RLIMIT_FSIZE, &old);
    ASSERT_FALSE(path) << "limit " << limit;
    EXPECT_EQ(path.error().kind, ErrorKind::kUnavailable);
    EXPECT_NE(path.error().message.find("cannot write"), std::string::npos) << path.error().message;
    EXPECT_EQ(list_folder(folder_)->size(), 1u);
  }
  std::signal(SIGXFSZ, SIG_DFL);
  EXPECT_TRUE((*EvidenceReader::open(whole))->check_seal());
}

TEST_F(EvidenceTest, MemberFromProducerThatFailsGivesItsError) {
  auto writer = *EvidenceWriter::create(folder_, "x.recount");
  auto added = writer->add_member("journal/0.seg", [](std::span<uint8_t>) -> Result<size_t> {
    return fail(ErrorKind::kUnreadable, "00000.seg: cannot read: Input/output error");
  });
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().message, "00000.seg: cannot read: Input/output error: no evidence was saved");
  EXPECT_TRUE(list_folder(folder_)->empty());
  EXPECT_FALSE(writer->add_member("journal/1.seg", view_of("x")));
}

TEST_F(EvidenceTest, AMemberThatWasPulledIsReadBackInPieces) {
  auto writer = *EvidenceWriter::create(folder_, "x.recount");
  Bytes content = sample_ram(), ram(4096, 1);
  ASSERT_TRUE(writer->add_member("disk/0.overlay", source_of(content)));
  ASSERT_TRUE(writer->add_ram(ram));
  ASSERT_TRUE(writer->finish_uncertified(sample_manifest(ram.size())));
  auto reader = *EvidenceReader::open(writer->temporary_path());
  EXPECT_EQ(*reader->member("disk/0.overlay"), content);
  for (size_t step : {1000, 1 << 20, 16 << 20}) {
    auto source = *reader->member_source("disk/0.overlay");
    Bytes back, piece(step);
    while (size_t got = *source(piece)) back.insert(back.end(), piece.data(), piece.data() + got);
    EXPECT_EQ(back, content);
    EXPECT_EQ(*source(piece), 0u);
  }
  EXPECT_FALSE(reader->member_source("disk/1.overlay"));
}

TEST_F(EvidenceTest, ManyAppendsReadNothingAgain) {
  auto writer = *EvidenceWriter::create(folder_, "x.recount");
  Bytes segment(1 << 20, 5);
  ASSERT_TRUE(writer->add_member("journal/00000.seg", segment));
  struct stat before {
  }, after{};
  ASSERT_EQ(::stat(writer->temporary_path().c_str(), &before), 0);
  for (int i = 1; i < 40; ++i) {
    uint64_t left = segment.size();  // of unknown size, for libzip
    auto produce = [&](std::span<uint8_t> out) -> Result<size_t> {
      size_t size = std::min<size_t>(out.size(), left);
      std::fill_n(out.begin(), size, uint8_t{5});
      left -= size;
      return size;
    };
    ASSERT_TRUE(writer->add_member("journal/" + std::to_string(i) + ".seg", produce));
  }
  ASSERT_EQ(::stat(writer->temporary_path().c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
  EXPECT_LT(after.st_size, (40 << 20) + 40 * 400);
}

// Beyond 65535 members libzip writes zip64 end records; the reader of our own has to agree with it.
TEST(ZipDirectory, ReadsWhatLibzipWritesBeyond65535Members) {
  auto file = *RandomFile::in_memory({});
  auto zip = *ZipAppend::open(file);
  constexpr int kCount = 66'000;
  for (int i = 0; i < kCount; ++i) ASSERT_TRUE(zip->add("m/" + std::to_string(i), view_of("x")));
  MemberMap members;
  ASSERT_TRUE(zip->finish(0, members));
  auto directory = read_zip_directory(file);
  ASSERT_TRUE(directory) << directory.error().message;
  EXPECT_EQ(directory->members.size(), kCount);
  EXPECT_EQ(members.size(), kCount);
}

TEST_F(EvidenceTest, UnreadableAndForeignFilesAreToldApart) {
  EXPECT_EQ(EvidenceReader::open(folder_ + "/none").error().kind, ErrorKind::kUnreadable);
  EXPECT_EQ(EvidenceReader::open(folder_).error().kind, ErrorKind::kUnreadable);
  std::ofstream(folder_ + "/text") << "no zip at all, but long enough to look for an end record in it";
  EXPECT_EQ(EvidenceReader::open(folder_ + "/text").error().kind, ErrorKind::kDamaged);
}

}  // namespace
}  // namespace recount
