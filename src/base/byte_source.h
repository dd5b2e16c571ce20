#pragma once
// A stream of bytes that is pulled by whoever wants them, so that only a piece of it is in memory.

#include <functional>
#include <span>

#include "base/bytes.h"
#include "base/result.h"

namespace recount {

// Fills some of the span (which is not empty) and says how much; 0 is the end, and for good.
using ByteSource = std::function<Result<size_t>(std::span<uint8_t>)>;

// The bytes must live as long as the source.
ByteSource source_of(ByteView bytes);

// Looks into a source as far as asked: what is needed to parse what is hostile.
class SourceWindow {
 public:
  explicit SourceWindow(ByteSource source) : source_(std::move(source)) {}

  // The next size bytes without taking them; fewer only at the stream's end. Valid until the next call.
  Result<ByteView> peek(size_t size);
  // Takes what was peeked at.
  void skip(size_t size);

 private:
  ByteSource source_;
  Bytes buffer_;
  size_t begin_ = 0;  // of what is not taken yet
  bool at_end_ = false;
};

}  // namespace recount
