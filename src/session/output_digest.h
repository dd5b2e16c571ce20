#pragma once
// The running digest of what a machine put out. Outputs are not journalled: recording and replay both compute
// them, and compare.

#include "base/digest.h"
#include "device/ports.h"

namespace recount {

class OutputDigest {
 public:
  void add(ConsoleId console, ByteView bytes) {
    hasher_.update_u64(static_cast<uint64_t>(console));
    hasher_.update(bytes);
  }
  Digest128 value() const { return hasher_.finish(); }

 private:
  FastHasher hasher_;
};

}  // namespace recount
