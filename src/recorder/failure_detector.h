#pragma once
// Watches a console for the lines that a dying kernel prints.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "event/event.h"

namespace re2 {
class RE2;
}

namespace recount {

struct FailurePattern {
  std::string cause;  // "panic", "oops", "bug", or the user's own
  std::string regex;  // RE2 syntax, anywhere in a line
};

// Linux's own words, most severe first.
std::vector<FailurePattern> default_failure_patterns();

class FailureDetector {
 public:
  // kUsage if a pattern is no regular expression.
  static Result<std::unique_ptr<FailureDetector>> create(const std::vector<FailurePattern>& patterns);
  ~FailureDetector();

  // Console output as it comes.
  void watch(ByteView bytes);
  // The most severe failure seen so far, with the line that said so.
  const std::optional<FailureNotice>& seen() const { return seen_; }
  void forget() { seen_.reset(); }
  // The last whole line that was not empty.
  const std::string& last_line() const { return last_line_; }

 private:
  FailureDetector();
  void end_line();

  struct Compiled {
    std::string cause;
    std::unique_ptr<re2::RE2> regex;
  };
  std::vector<Compiled> patterns_;
  std::string line_, last_line_;
  size_t severity_ = 0;  // index of the pattern seen; lower is worse
  std::optional<FailureNotice> seen_;
};

}  // namespace recount
