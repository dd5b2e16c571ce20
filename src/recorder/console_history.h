#pragma once
// What a machine printed lately, and when in guest time: the evidence shows the console from before its
// checkpoint too. Bounded: the oldest goes first.

#include <deque>

#include "base/bytes.h"

namespace recount {

class ConsoleHistory {
 public:
  struct Piece {
    uint64_t ticks = 0;
    Bytes bytes;
  };

  void add(uint64_t ticks, ByteView bytes) {
    if (pieces_.empty() || pieces_.back().ticks + kSameMomentTicks < ticks ||
        pieces_.back().bytes.size() > kPieceBytes) {
      pieces_.push_back({ticks, {}});
    }
    Bytes& last = pieces_.back().bytes;
    last.insert(last.end(), bytes.begin(), bytes.end());
    size_ += bytes.size();
    for (; size_ > kKeptBytes || pieces_.size() > kKeptPieces; pieces_.pop_front()) {
      size_ -= pieces_.front().bytes.size();
    }
  }
  const std::deque<Piece>& pieces() const { return pieces_; }

 private:
  static constexpr size_t kKeptBytes = 1 << 20, kPieceBytes = 4096, kKeptPieces = 16'384;
  static constexpr uint64_t kSameMomentTicks = 10'000;  // a millisecond
  std::deque<Piece> pieces_;
  size_t size_ = 0;
};

}  // namespace recount
