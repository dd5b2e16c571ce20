#pragma once
// Stands behind the machine's ConsolePort: every byte enters the output digest, then goes on.

#include "session/output_digest.h"

namespace recount {

class ConsoleTap final : public ConsolePort {
 public:
  explicit ConsoleTap(ConsolePort& onward) : onward_(onward) {}
  void console_output(ConsoleId console, ByteView bytes) override {
    digest_.add(console, bytes);
    last_ = console;
    onward_.console_output(console, bytes);
  }
  const OutputDigest& digest() const { return digest_; }
  // The console that printed last: there sits whoever reads the input.
  ConsoleId last() const { return last_; }

  template <class Archive>
  void state(Archive& a) {
    a("digest", digest_);
  }

 private:
  ConsolePort& onward_;
  OutputDigest digest_;
  ConsoleId last_ = ConsoleId::kUart;
};

}  // namespace recount
