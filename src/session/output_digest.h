#pragma once
// The running digest of what a machine put out. Outputs are not journalled: recording and replay both compute
// them, and compare. Each output is chained to the digest before it, so that the digest alone is the state.

#include "base/digest.h"
#include "device/ports.h"

namespace recount {

// The device that put something out. The numbers enter the digest.
enum class Output : uint8_t { kUart = 0, kVirtioConsole = 1, kNetwork = 2, kRecorderPort = 3 };
inline Output output_of(ConsoleId console) { return console == ConsoleId::kUart ? Output::kUart : Output::kVirtioConsole; }

class OutputDigest {
 public:
  void add(Output from, ByteView bytes) {
    scratch_.clear();
    ByteWriter w(scratch_);
    w.fixed(value_.low);
    w.fixed(value_.high);
    w.fixed(static_cast<uint8_t>(from));
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
