// Evidence that was altered, cut, or made to harm: an error each time.

#include <gtest/gtest.h>
#include <zstd.h>

#include "evidence/evidence_reader.h"
#include "evidence/evidence_writer.h"
#include "evidence/sample_evidence.h"
#include "host/file.h"
#include "host/folders.h"

namespace recount {
namespace {

class DamageTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = *make_private_folder(testing::TempDir(), "damage_test");
    Bytes ram(kPageBytes, 0);
    std::fill_n(ram.begin(), 300, uint8_t{0x13});
    auto path = write_sample_evidence(folder_, "sample.recount", ram);
    ASSERT_TRUE(path) << path.error().message;
    whole_ = *read_file(*path);
  }
  void TearDown() override { remove_folder(folder_); }

  static constexpr size_t kPageBytes = 4096;

  // What opening and checking say. Reads all that it can on the way: that must not crash either.
  static Result<void> examine(ByteView bytes) {
    auto reader = TRY(EvidenceReader::open(*RandomFile::in_memory(bytes)));
    for (const std::string& name : reader->member_names()) (void)reader->member(name);
    if (reader->manifest().machine.ram_bytes == kPageBytes) {
      Bytes ram(kPageBytes);
      (void)reader->load_ram(ram);
    }
    return reader->check_seal();
  }

  // An evidence file with one more member, as a forger would write it.
  Result<void> load_ram_with(const std::string& member, ByteView bytes, size_t ram_bytes) {
    auto writer = TRY(EvidenceWriter::create(folder_, "forged.recount"));
    if (auto added = writer->add_member(member, bytes); !added) return added;
    Manifest manifest = sample_manifest(ram_bytes);
    manifest.disks.clear();
    if (auto finished = writer->finish_uncertified(manifest); !finished) return finished;
    auto reader = TRY(EvidenceReader::open(writer->temporary_path()));
    Bytes ram(ram_bytes, 0);
    return reader->load_ram(ram);
  }

  std::string folder_;
  Bytes whole_;
};

TEST_F(DamageTest, WholeFileHolds) {
  auto result = examine(whole_);
  EXPECT_TRUE(result) << result.error().message;
}

TEST_F(DamageTest, EveryFlippedBitIsAnError) {
  for (size_t at = 0; at < whole_.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      whole_[at] = static_cast<uint8_t>(whole_[at] ^ 1u << bit);
      auto result = examine(whole_);
      ASSERT_FALSE(result) << "byte " << at << " bit " << bit;
      ASSERT_TRUE(result.error().kind == ErrorKind::kDamaged || result.error().kind == ErrorKind::kVerify)
          << result.error().message;
      ASSERT_EQ(result.error().message.find('\n'), std::string::npos);
      whole_[at] = static_cast<uint8_t>(whole_[at] ^ 1u << bit);
    }
  }
}

TEST_F(DamageTest, EveryTruncationIsAnError) {
  for (size_t size = 0; size < whole_.size(); ++size) {
    auto result = examine(ByteView(whole_).first(size));
    ASSERT_FALSE(result) << "cut to " << size;
    ASSERT_TRUE(result.error().kind == ErrorKind::kDamaged || result.error().kind == ErrorKind::kVerify)
        << result.error().message;
  }
}

TEST_F(DamageTest, AppendedAndInsertedBytesAreErrors) {
  Bytes longer = whole_;
  longer.push_back(0);
  EXPECT_FALSE(examine(longer));
  for (size_t at = 0; at < whole_.size(); at += 7) {
    longer = whole_;
    longer.insert(longer.begin() + static_cast<std::ptrdiff_t>(at), 'P');
    ASSERT_FALSE(examine(longer)) << at;
  }
}

TEST_F(DamageTest, AlteredMemberIsNamed) {
  std::string_view text(reinterpret_cast<const char*>(whole_.data()), whole_.size());
  whole_[text.find("the last of them")] ^= 1;
  auto reader = *EvidenceReader::open(*RandomFile::in_memory(whole_));
  auto member = reader->member("journal/00001.seg");
  ASSERT_FALSE(member);
  EXPECT_EQ(member.error().kind, ErrorKind::kDamaged);
  EXPECT_NE(member.error().message.find("journal/00001.seg"), std::string::npos);
  EXPECT_TRUE(reader->member("journal/00000.seg"));
  auto source = *reader->member_source("journal/00001.seg");
  Bytes piece(10);
  EXPECT_EQ(*source(piece), 10u);
  EXPECT_EQ(*source(piece), 6u);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(source(piece).error().message, member.error().message);
  auto seal = reader->check_seal();
  EXPECT_EQ(seal.error().kind, ErrorKind::kVerify);
  EXPECT_NE(seal.error().message.find("journal/00001.seg"), std::string::npos);
}

TEST_F(DamageTest, ChunkBeyondRamIsDamage) {
  auto result = load_ram_with("state/ram/00001.zst", view_of("x"), 2 << 20);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kDamaged);
  EXPECT_NE(result.error().message.find("state/ram/00001.zst: beyond the end of RAM"), std::string::npos);
  EXPECT_FALSE(load_ram_with("state/ram/1.zst", view_of("x"), 2 << 20));
}

TEST_F(DamageTest, CompressionBombIsDamage) {
  Bytes zeros(256 << 20, 0), packed(ZSTD_compressBound(zeros.size()));
  packed.resize(ZSTD_compress(packed.data(), packed.size(), zeros.data(), zeros.size(), 1));
  auto result = load_ram_with("state/ram/00000.zst", packed, 2 << 20);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kDamaged);
}

TEST_F(DamageTest, ChunkOfWrongSizeIsDamage) {
  for (size_t size : {size_t{0}, size_t{4095}, size_t{4097}, size_t{8192}}) {
    Bytes bytes(size, 9), packed(ZSTD_compressBound(size) + 4);
    packed.resize(ZSTD_compress(packed.data(), packed.size(), bytes.data(), size, 1));
    EXPECT_FALSE(load_ram_with("state/ram/00000.zst", packed, 4096)) << size;
    packed.push_back(0);
    EXPECT_FALSE(load_ram_with("state/ram/00000.zst", packed, 4096)) << size;
  }
  Bytes bytes(4096, 9), packed(ZSTD_compressBound(4096));
  packed.resize(ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 1));
  EXPECT_TRUE(load_ram_with("state/ram/00000.zst", packed, 4096));
}

}  // namespace
}  // namespace recount
