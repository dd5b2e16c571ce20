#pragma once
// A file of numbers and bytes that is written in one go, and read in one go by whoever knows what is in it. At its end is a
// digest of all before it, so a reader has what a writer finished, or nothing. (The digest is XXH3: it is against accidents.)

#include <memory>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "host/random_file.h"

namespace recount {

class SealedFileWriter {
 public:
  // Under a temporary name beside path until finish(). kUnreadable if that cannot be made.
  static Result<std::unique_ptr<SealedFileWriter>> create(const std::string& path);
  // Unfinished, nothing is left of it.
  ~SealedFileWriter();
  SealedFileWriter(const SealedFileWriter&) = delete;
  SealedFileWriter& operator=(const SealedFileWriter&) = delete;

  void number(uint64_t value);
  void bytes(ByteView bytes);
  // path is this file now, whatever was there. kUnavailable if anything could not be written. Once. It is not synced: a power
  // cut may leave a damaged file, which the digest tells.
  Result<void> finish();

 private:
  SealedFileWriter(std::string path, RandomFile file) : path_(std::move(path)), file_(std::move(file)) {}
  void flush();

  const std::string path_;
  RandomFile file_;
  FastHasher hasher_;
  Bytes buffer_;
  uint64_t written_bytes_ = 0;
  Result<void> status_;
  bool finished_ = false;
};

class SealedFileReader {
 public:
  // kUnreadable if it cannot be read, kDamaged if it is not what was written.
  static Result<std::unique_ptr<SealedFileReader>> open(const std::string& path);

  uint64_t number();
  void bytes(std::span<uint8_t> out);
  // Behind the end there are zeros, and false here for good; so after a read that failed.
  bool ok() const { return ok_; }
  uint64_t remaining_bytes() const { return size_bytes_ - at_ + (buffer_.size() - taken_); }

 private:
  SealedFileReader(RandomFile file, uint64_t size_bytes) : file_(std::move(file)), size_bytes_(size_bytes) {}
  Result<void> check() const;
  bool fill();

  RandomFile file_;
  const uint64_t size_bytes_;  // without the digest
  Bytes buffer_;
  uint64_t at_ = 0;      // in the file, behind the buffer
  size_t taken_ = 0;     // of the buffer
  bool ok_ = true;
};

}  // namespace recount
