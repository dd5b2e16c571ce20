#include "host/sealed_file.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "host/file.h"
#include "host/process.h"

namespace recount {
namespace {

constexpr size_t kPiece = 1 << 20, kDigestBytes = 16;

std::array<uint8_t, kDigestBytes> seal_of(const FastHasher& hasher) {
  const Digest128 digest = hasher.finish();
  std::array<uint8_t, kDigestBytes> seal;
  store_le(seal.data(), digest.low);
  store_le(seal.data() + 8, digest.high);
  return seal;
}

}  // namespace

Result<std::unique_ptr<SealedFileWriter>> SealedFileWriter::create(const std::string& path) {
  auto file = TRY(RandomFile::open(path + "." + std::to_string(own_pid()) + ".new", FileMode::kReplace));
  return std::unique_ptr<SealedFileWriter>(new SealedFileWriter(path, std::move(file)));
}

SealedFileWriter::~SealedFileWriter() {
  if (!finished_) (void)remove_file(file_.path());
}

void SealedFileWriter::number(uint64_t value) {
  std::array<uint8_t, 8> out;
  store_le(out.data(), value);
  bytes(out);
}

void SealedFileWriter::bytes(ByteView bytes) {
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  if (buffer_.size() >= kPiece) flush();
}

void SealedFileWriter::flush() {
  if (status_) status_ = file_.write(written_bytes_, buffer_);
  hasher_.update(buffer_);
  written_bytes_ += buffer_.size();
  buffer_.clear();
}

Result<void> SealedFileWriter::finish() {
  flush();
  TRY(status_);
  TRY(file_.write(written_bytes_, seal_of(hasher_)));
  TRY(rename_file(file_.path(), path_));
  finished_ = true;
  return {};
}

Result<std::unique_ptr<SealedFileReader>> SealedFileReader::open(const std::string& path) {
  auto file = TRY(RandomFile::open(path, FileMode::kRead));
  const uint64_t size = TRY(file.size());
  if (size < kDigestBytes) return fail(ErrorKind::kDamaged, path + ": cut short");
  std::unique_ptr<SealedFileReader> reader(new SealedFileReader(std::move(file), size - kDigestBytes));
  TRY(reader->check());
  return reader;
}

Result<void> SealedFileReader::check() const {
  FastHasher hasher;
  Bytes piece(kPiece);
  for (uint64_t at = 0; at < size_bytes_;) {
    auto part = std::span(piece).first(std::min<uint64_t>(kPiece, size_bytes_ - at));
    TRY(file_.read(at, part));
    hasher.update(part);
    at += part.size();
  }
  std::array<uint8_t, kDigestBytes> seal;
  TRY(file_.read(size_bytes_, seal));
  if (seal != seal_of(hasher)) return fail(ErrorKind::kDamaged, file_.path() + ": not as it was written");
  return {};
}

bool SealedFileReader::fill() {
  buffer_.resize(std::min<uint64_t>(kPiece, size_bytes_ - at_));
  taken_ = 0;
  if (buffer_.empty() || !file_.read(at_, buffer_)) return false;
  at_ += buffer_.size();
  return true;
}

void SealedFileReader::bytes(std::span<uint8_t> out) {
  while (ok_ && !out.empty()) {
    if (taken_ == buffer_.size() && !fill()) {
      ok_ = false;
      break;
    }
    const size_t size = std::min(out.size(), buffer_.size() - taken_);
    std::memcpy(out.data(), buffer_.data() + taken_, size);
    taken_ += size;
    out = out.subspan(size);
  }
  std::ranges::fill(out, uint8_t{0});
}

uint64_t SealedFileReader::number() {
  std::array<uint8_t, 8> in;
  bytes(in);
  return ok_ ? load_le<uint64_t>(in.data()) : 0;
}

}  // namespace recount
