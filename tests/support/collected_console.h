#pragma once
// A console whose output is kept, for tests to look at.

#include <string>

#include "device/ports.h"
#include "session/output_digest.h"

namespace recount::test {

class CollectedConsole final : public ConsolePort {
 public:
  void console_output(ConsoleId console, ByteView bytes) override {
    digest_.add(console, bytes);
    text_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
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
