#include "recorder/status.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace recount {
namespace {

std::string bytes_text(double bytes) {
  if (bytes < 10'000) return fmt::format("{:.0f} B", bytes);
  if (bytes < 10'000'000) return fmt::format("{:.1f} kB", bytes / 1e3);
  return fmt::format("{:.1f} MB", bytes / 1e6);
}

}  // namespace

std::string to_json(const RecorderStatus& s) {
  nlohmann::ordered_json j{{"name", s.name},
                           {"state", s.state},
                           {"primary_pid", s.primary_pid},
                           {"backup_pid", s.backup_pid},
                           {"position", s.position},
                           {"guest_time_s", s.guest_time_s},
                           {"lag_s", s.lag_s},
                           {"window_s", s.window_s},
                           {"journal_bytes", s.journal_bytes},
                           {"journal_bytes_held", s.journal_bytes_held},
                           {"journal_bytes_per_s", s.journal_bytes_per_s},
                           {"evidence", s.evidence}};
  return j.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string to_line(const RecorderStatus& s, unsigned columns) {
  std::string line =
      fmt::format("recount {}: {} | guest {:.1f} s | lag {:.1f} of {:.0f} s | journal {}/s, {}", s.name,
                  s.state, s.guest_time_s, s.lag_s, s.window_s, bytes_text(s.journal_bytes_per_s),
                  bytes_text(static_cast<double>(s.journal_bytes)));
  if (line.size() > columns) line.resize(columns);
  return line;
}

}  // namespace recount
