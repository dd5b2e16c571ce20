#pragma once
// For the disk's tests: a folder that goes away, images in it, and bytes from a seed.

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "base/bytes.h"
#include "host/folders.h"
#include "host/random_file.h"

namespace recount {

inline Bytes random_bytes(size_t size, uint64_t seed) {
  std::mt19937_64 random(seed);
  Bytes bytes(size);
  for (uint8_t& b : bytes) b = static_cast<uint8_t>(random());
  return bytes;
}

class TestFolder {
 public:
  explicit TestFolder(const std::string& in = ::testing::TempDir()) {
    auto made = make_private_folder(in, "disk_test");
    EXPECT_TRUE(made.has_value());
    path_ = *made;
  }
  ~TestFolder() { remove_folder(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

  // Opened read-only, as a disk has it.
  RandomFile make_image(const std::string& name, ByteView content) const {
    auto file = RandomFile::open(path_ + "/" + name, FileMode::kReplace);
    EXPECT_TRUE(file.has_value() && file->write(0, content).has_value());
    return std::move(*RandomFile::open(path_ + "/" + name, FileMode::kRead));
  }

 private:
  std::string path_;
};

}  // namespace recount
