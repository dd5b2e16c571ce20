#include "recorder/evidence_save.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace recount {

std::string describe(const EvidenceSaved& saved, const FailureNotice& notice) {
  std::string verdict = saved.certified ? "certified" : "NOT CERTIFIED (" + saved.detail + ")";
  return fmt::format(
      "{}: {}\nrecount: evidence {}\nrecount: {}: {} steps replayed, {} digests compared, {} mismatches",
      notice.cause, notice.detail, saved.path, verdict, saved.steps, saved.digests_compared,
      saved.mismatches);
}

std::string to_json(const EvidenceSaved& saved) {
  nlohmann::ordered_json j{{"path", saved.path},
                           {"certified", saved.certified},
                           {"detail", saved.detail},
                           {"steps", saved.steps},
                           {"digests_compared", saved.digests_compared},
                           {"mismatches", saved.mismatches}};
  return j.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace recount
