#include "host/sealed_file.h"

#include <gtest/gtest.h>

#include "host/file.h"
#include "host/folders.h"

namespace recount {
namespace {

class SealedFile : public testing::Test {
 protected:
  ~SealedFile() override { remove_folder(folder_); }
  std::string path() const { return folder_ + "/file"; }
  void write(const Bytes& bytes) {
    auto writer = SealedFileWriter::create(path());
    ASSERT_TRUE(writer);
    (*writer)->number(bytes.size());
    (*writer)->bytes(bytes);
    ASSERT_TRUE((*writer)->finish());
  }
  std::string folder_ = *make_private_folder(temporary_folder(), "sealed");
};

Bytes pattern(size_t size) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i * 7 + i / 251);
  return bytes;
}

TEST_F(SealedFile, ReadsWhatWasWrittenWhateverItsSizeAndNothingBehindIt) {
  for (size_t size : {size_t{0}, size_t{5}, (size_t{1} << 20) - 8, (size_t{3} << 20) + 1}) {
    write(pattern(size));
    auto reader = SealedFileReader::open(path());
    ASSERT_TRUE(reader);
    Bytes read((*reader)->number());
    (*reader)->bytes(read);
    EXPECT_EQ(read, pattern(size));
    EXPECT_TRUE((*reader)->ok());
    EXPECT_EQ((*reader)->remaining_bytes(), 0u);
    EXPECT_EQ((*reader)->number(), 0u);
    EXPECT_FALSE((*reader)->ok());
  }
}

TEST_F(SealedFile, IsNoneIfAByteOfItIsAnotherOrItIsCut) {
  write(pattern(100));
  const Bytes whole = *read_file(path());
  for (size_t i = 0; i < whole.size(); ++i) {
    Bytes other = whole;
    other[i] ^= 1;
    ASSERT_TRUE(replace_file(path(), other));
    EXPECT_FALSE(SealedFileReader::open(path())) << i;
    ASSERT_TRUE(replace_file(path(), ByteView(whole).first(i)));
    EXPECT_FALSE(SealedFileReader::open(path())) << i;
  }
}

TEST_F(SealedFile, LeavesWhatWasThereAndNothingElseIfItIsNotFinished) {
  write(pattern(10));
  {
    auto writer = SealedFileWriter::create(path());
    ASSERT_TRUE(writer);
    (*writer)->bytes(pattern(2 << 20));
  }
  EXPECT_EQ(list_folder(folder_)->size(), 1u);
  EXPECT_TRUE(SealedFileReader::open(path()));
}

}  // namespace
}  // namespace recount
