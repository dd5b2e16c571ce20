#pragma once
// Watches a console for lines that tell of a failure.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "event/event.h"
#include "recorder/failure_cause.h"
#include "recorder/terminal_text.h"

namespace re2 {
class RE2;
}

namespace recount {

struct FailurePattern {
  std::string cause;
  std::string regex;     // RE2 syntax, anywhere in a line
  bool ignored = false;  // its lines are no failure, and of no later pattern either
};

// Those of known_causes(), in its order.
std::vector<FailurePattern> known_failure_patterns();

class FailureDetector {
 public:
  // A line is of the first pattern that is in it. kUsage if one is no regular expression.
  static Result<std::unique_ptr<FailureDetector>> create(const std::vector<FailurePattern>& patterns);
  ~FailureDetector();

  // Console output as it comes.
  void watch(ByteView bytes);
  // The line that has no end yet may never get one: a prompt, or the last that there is. It counts as it
  // stands.
  void look_at_line();
  // Something else tells of a failure. It counts like a line of its cause, but such a line says more.
  void report(FailureNotice notice);
  // The worst failure seen so far, with the line that said so: one after which nothing is left before one
  // after which the system goes on, then in the order of the patterns, then the first.
  const std::optional<FailureNotice>& seen() const { return seen_; }
  void forget() { seen_.reset(); }
  // The last whole line that was not empty.
  const std::string& last_line() const { return last_line_; }

 private:
  FailureDetector();
  void end_line();
  void take(FailureNotice notice, size_t rank);

  struct Compiled {
    std::string cause;
    std::unique_ptr<re2::RE2> regex;
    bool ignored;
    size_t rank;  // lower is worse
  };
  std::vector<Compiled> patterns_;
  struct AnyPattern;
  std::unique_ptr<AnyPattern> any_;
  TerminalText terminal_;
  std::string line_, last_line_;
  size_t looked_at_ = 0;  // as much of the line as was looked at already
  size_t rank_ = 0;       // of what is seen
  std::optional<FailureNotice> seen_;
};

}  // namespace recount
