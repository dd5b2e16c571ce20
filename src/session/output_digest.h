#pragma once
// The running digest of what a machine put out. Outputs are not journalled: recording and replay both compute
// them, and compare. Each output is chained to the digest before it, so that the digest alone is the state.

#include "base/digest.h"
#include "device/ports.h"

namespace recount {

class OutputDigest {
 public:
  void add(ConsoleId console, ByteView bytes) {
    scratch_.clear();
    ByteWriter w(scratch_);
    w.fixed(value_.low);
    w.fixed(value_.high);
    w.fixed(static_cast<uint8_t>(console));
    w.raw(bytes);
    value_ = fast_digest(scratch_);
  }
  Digest128 value() const { return value_; }

  template <class Archive>
  void state(Archive& a) {
    a("low", value_.low);
    a("high", value_.high);
  }

 private:
  Digest128 value_;
  Bytes scratch_;
};

}  // namespace recount
