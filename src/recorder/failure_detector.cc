#include "recorder/failure_detector.h"

#include <re2/re2.h>

namespace recount {
namespace {

// A guest that never ends its line must not fill our memory.
constexpr size_t kLongestLine = 4096;

// Without the printk timestamp, and bytes that are no text replaced.
std::string readable(const std::string& line) {
  std::string text = line;
  RE2::Replace(&text, R"(^\[ *\d+\.\d+\] )", "");
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) c = '?';
  }
  return text;
}

}  // namespace

std::vector<FailurePattern> default_failure_patterns() {
  return {{"panic", R"(Kernel panic - not syncing)"},
          {"bug", R"(kernel BUG at |\bBUG: |Kernel BUG \[#\d+\])"},
          {"oops", R"(Oops(?: - [^\[]*)?(?::.*)? \[#\d+\]|Unable to handle kernel |Internal error: Oops)"}};
}

FailureDetector::FailureDetector() = default;
FailureDetector::~FailureDetector() = default;

Result<std::unique_ptr<FailureDetector>> FailureDetector::create(
    const std::vector<FailurePattern>& patterns) {
  std::unique_ptr<FailureDetector> detector(new FailureDetector);
  for (const FailurePattern& p : patterns) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_encoding(RE2::Options::EncodingLatin1);
    auto regex = std::make_unique<RE2>(p.regex, options);
    if (!regex->ok()) return fail(ErrorKind::kUsage, "--pattern " + p.cause + ": " + regex->error());
    detector->patterns_.push_back({p.cause, std::move(regex)});
  }
  return detector;
}

void FailureDetector::watch(ByteView bytes) {
  for (uint8_t byte : bytes) {
    if (byte == '\n' || line_.size() == kLongestLine) end_line();
    if (byte != '\n' && byte != '\r') line_.push_back(static_cast<char>(byte));
  }
}

void FailureDetector::end_line() {
  for (size_t i = 0; i < patterns_.size() && (!seen_ || i < severity_); ++i) {
    if (!RE2::PartialMatch(line_, *patterns_[i].regex)) continue;
    severity_ = i;
    seen_ = FailureNotice{patterns_[i].cause, readable(line_)};
  }
  if (!line_.empty()) last_line_ = std::move(line_);
  line_.clear();
}

}  // namespace recount
