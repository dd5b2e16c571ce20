#pragma once
// What a running recorder says of itself: to `recount ctl NAME status`, and on the status line.

#include <cstdint>
#include <string>
#include <vector>

namespace recount {

struct RecorderStatus {
  std::string name;
  // "starting", "recording", "unprotected" (no backup now), "saving", "not recording" or "ended".
  std::string state;
  int primary_pid = 0, backup_pid = 0;  // 0: none
  uint64_t position = 0;
  double guest_time_s = 0, lag_s = 0, window_s = 0;
  uint64_t journal_bytes = 0;       // written since power-on
  uint64_t journal_bytes_held = 0;  // in the ring and on disk now
  double journal_bytes_per_s = 0;
  std::vector<std::string> evidence;  // paths saved so far
};

std::string to_json(const RecorderStatus& status);  // one line
// For people, at most `columns` wide.
std::string to_line(const RecorderStatus& status, unsigned columns);

}  // namespace recount
