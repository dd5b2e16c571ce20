#pragma once
// How much evidence one run saves and keeps: a failure that comes again and again is not to fill the disk.
// Decides only; the supervisor saves, removes and says.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "event/event.h"

namespace recount {

struct EvidenceLimitOptions {
  uint64_t interval_ns = 0;                // least time between two saves of one cause; 0: none
  std::optional<uint64_t> keep;            // files
  std::optional<uint64_t> max_size_bytes;  // of all files together
};

class EvidenceLimits {
 public:
  explicit EvidenceLimits(const EvidenceLimitOptions& options) : options_(options) {}

  struct Admission {
    bool save = true;
    std::string say;  // for people; may be empty
  };
  Admission admit(const FailureNotice& notice, uint64_t now_ns);
  // What was admitted could not be saved: the next of its cause is not to suffer for it.
  void not_saved(const std::string& cause) { causes_[cause].saved_ns.reset(); }

  struct Removal {
    std::string path, why;
  };
  // There is a new file. What has to go for it: the oldest first, and never the newest.
  std::vector<Removal> add(std::string path, uint64_t size_bytes);

 private:
  struct OfCause {
    std::optional<uint64_t> saved_ns;
    uint64_t dropped = 0;  // since then
  };
  struct File {
    std::string path;
    uint64_t size_bytes;
  };
  EvidenceLimitOptions options_;
  std::map<std::string, OfCause> causes_;
  std::vector<File> files_;  // oldest first
};

}  // namespace recount
