#pragma once
// A console whose output is kept, for tests to look at.

#include <string>

#include "device/ports.h"
#include "session/output_digest.h"

namespace recount::test {

class CollectedConsole final : public ConsolePort {
 public:
  void console_output(ConsoleId console, ByteView bytes) override {
    digest_.add(output_of(console), bytes);
    text_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    // As real listeners do (times, rates): what is rounded here must never become a flag of the guest's.
    volatile double inexact = static_cast<double>(text_.size()) / 3.0;
    static_cast<void>(inexact);
  }
  const std::string& text() const { return text_; }
  Digest128 digest() const { return digest_.value(); }

  template <class Archive>
  void state(Archive& a) {
    a("digest", digest_);
  }

 private:
  std::string text_;
  OutputDigest digest_;
};

}  // namespace recount::test
