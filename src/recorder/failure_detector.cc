#include "recorder/failure_detector.h"

#include <re2/re2.h>
#include <re2/set.h>
#include <string.h>

#include <algorithm>

namespace recount {
namespace {

// A guest that never ends its line must not fill our memory.
constexpr size_t kLongestLine = 4096;
constexpr size_t kNoPatternRank = ~size_t{0};

// "fatal signal 11" becomes "fatal signal 11 (SIGSEGV)". The numbers are those of RISC-V, which are the
// host's.
void name_signal(std::string& text) {
  static const RE2 kSignal(R"((?:unhandled|fatal) signal (\d{1,2}))");
  re2::StringPiece whole[2];
  if (!kSignal.Match(text, 0, text.size(), RE2::UNANCHORED, whole, 2)) return;
  const char* name = ::sigabbrev_np(std::stoi(whole[1].as_string()));
  auto end = static_cast<size_t>(whole[1].data() + whole[1].size() - text.data());
  if (name != nullptr) text.insert(end, std::string(" (SIG") + name + ")");
}

// From behind the printk timestamp, and what stood before it in the line; bytes that are no text replaced.
std::string readable(const std::string& line) {
  static const RE2 kTimestamp(R"(^.*?\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? )", RE2::Latin1);
  std::string text = line;
  RE2::Replace(&text, kTimestamp, "");
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) c = '?';
  }
  name_signal(text);
  return text;
}

}  // namespace

std::vector<FailurePattern> known_failure_patterns() {
  std::vector<FailurePattern> patterns;
  for (const FailureCause& cause : known_causes()) {
    if (cause.pattern != nullptr) patterns.push_back({cause.name, cause.pattern});
  }
  return patterns;
}

// All patterns at once: most lines have none of them, and are to cost little.
struct FailureDetector::AnyPattern {
  RE2::Set set;
  bool may_be_in(const std::string& line) const {
    RE2::Set::ErrorInfo error;
    return set.Match(line, nullptr, &error) || error.kind != RE2::Set::kNoError;
  }
};

FailureDetector::FailureDetector() = default;
FailureDetector::~FailureDetector() = default;

Result<std::unique_ptr<FailureDetector>> FailureDetector::create(
    const std::vector<FailurePattern>& patterns) {
  std::unique_ptr<FailureDetector> detector(new FailureDetector);
  RE2::Options options;
  options.set_log_errors(false);
  options.set_encoding(RE2::Options::EncodingLatin1);
  detector->any_ = std::make_unique<AnyPattern>(RE2::Set(options, RE2::UNANCHORED));
  for (const FailurePattern& p : patterns) {
    auto regex = std::make_unique<RE2>(p.regex, options);
    if (!regex->ok()) return fail(ErrorKind::kUsage, "--pattern " + p.cause + ": " + regex->error());
    size_t rank = detector->patterns_.size();
    if (aftermath_of(p.cause) == Aftermath::kGoesOn) rank += patterns.size();
    rank *= 2;  // room for what report() says of the same
    detector->any_->set.Add(p.regex, nullptr);
    detector->patterns_.push_back({p.cause, std::move(regex), p.ignored, rank});
  }
  detector->any_->set.Compile();
  return detector;
}

void FailureDetector::watch(ByteView bytes) {
  for (uint8_t byte : bytes) {
    if (!terminal_.is_text(byte)) continue;
    if (byte == '\n' || line_.size() == kLongestLine) end_line();
    if (byte != '\n' && byte != '\r') line_.push_back(static_cast<char>(byte));
  }
}

void FailureDetector::look_at_line() {
  if (looked_at_ == line_.size()) return;
  looked_at_ = line_.size();
  if (!any_->may_be_in(line_)) return;
  for (const Compiled& pattern : patterns_) {
    if (!RE2::PartialMatch(line_, *pattern.regex)) continue;
    if (!pattern.ignored) take({pattern.cause, readable(line_)}, pattern.rank);
    return;
  }
}

void FailureDetector::report(FailureNotice notice) {
  auto known = std::ranges::find(patterns_, notice.cause, &Compiled::cause);
  if (known == patterns_.end()) return take(std::move(notice), kNoPatternRank);
  if (!known->ignored) take(std::move(notice), known->rank + 1);
}

void FailureDetector::take(FailureNotice notice, size_t rank) {
  if (seen_ && rank_ <= rank) return;
  rank_ = rank;
  seen_ = std::move(notice);
}

void FailureDetector::end_line() {
  look_at_line();
  if (!line_.empty()) last_line_ = std::move(line_);
  line_.clear();
  looked_at_ = 0;
}

}  // namespace recount
