#include "base/byte_source.h"

#include <algorithm>

#include "base/check.h"

namespace recount {

ByteSource source_of(ByteView bytes) {
  return [bytes](std::span<uint8_t> out) mutable -> Result<size_t> {
    const size_t size = std::min(out.size(), bytes.size());
    std::ranges::copy(bytes.first(size), out.begin());
    bytes = bytes.subspan(size);
    return size;
  };
}

Result<ByteView> SourceWindow::peek(size_t size) {
  constexpr size_t kLeastRead = 64 << 10;
  size_t have = buffer_.size() - begin_;
  if (have < size && !at_end_) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
    buffer_.resize(std::max(size, kLeastRead));
    while (have < size && !at_end_) {
      auto got = source_(std::span(buffer_).subspan(have));
      if (!got) {
        buffer_.resize(have);
        return std::unexpected(got.error());
      }
      CHECK(*got <= buffer_.size() - have);
      at_end_ = *got == 0;
      have += *got;
    }
    buffer_.resize(have);
  }
  return ByteView(buffer_).subspan(begin_, std::min(size, have));
}

void SourceWindow::skip(size_t size) {
  CHECK(size <= buffer_.size() - begin_);
  begin_ += size;
}

}  // namespace recount
