#include "recorder/evidence_limits.h"

#include <fmt/format.h>

namespace recount {

EvidenceLimits::Admission EvidenceLimits::admit(const FailureNotice& notice, uint64_t now_ns) {
  OfCause& cause = causes_[notice.cause];
  if (cause.saved_ns && now_ns - *cause.saved_ns < options_.interval_ns) {
    // One line for the first: a storm of failures is not to become one of lines.
    if (++cause.dropped > 1) return {.save = false, .say = {}};
    constexpr uint64_t kSecond_ns = 1'000'000'000;
    return {.save = false,
            .say = fmt::format("{}: {}: not saved, nor what follows: the last evidence of it is {} s old, "
                               "and --save-interval is {} s",
                               notice.cause, notice.detail, (now_ns - *cause.saved_ns) / kSecond_ns,
                               static_cast<double>(options_.interval_ns) / kSecond_ns)};
  }
  Admission admission;
  if (cause.dropped > 0)
    admission.say =
        fmt::format("{}: {} since the last evidence of it were not saved", notice.cause, cause.dropped);
  cause = {.saved_ns = now_ns, .dropped = 0};
  return admission;
}

std::vector<EvidenceLimits::Removal> EvidenceLimits::add(std::string path, uint64_t size_bytes) {
  files_.push_back({std::move(path), size_bytes});
  std::vector<Removal> removals;
  uint64_t total = 0;
  for (const File& file : files_) total += file.size_bytes;
  while (files_.size() > 1) {
    std::string why;
    if (options_.keep && files_.size() > *options_.keep) {
      why = fmt::format("--evidence-keep {}", *options_.keep);
    } else if (options_.max_size_bytes && total > *options_.max_size_bytes) {
      why = fmt::format("--evidence-max-size {}", *options_.max_size_bytes);
    } else {
      break;
    }
    total -= files_.front().size_bytes;
    removals.push_back({std::move(files_.front().path), std::move(why)});
    files_.erase(files_.begin());
  }
  return removals;
}

}  // namespace recount
