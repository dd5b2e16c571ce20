#pragma once
// recount run's options as they are typed, and what they mean. Each function gives kUsage, with the option's
// name, for what means nothing.

#include <string>
#include <vector>

#include "app/code_reports.h"
#include "base/result.h"
#include "recorder/recorder_config.h"

namespace recount {

// What needs more than a look becomes a RecorderConfig in config_of().
struct RunOptions {
  RecorderConfig config;
  std::vector<std::string> drives, patterns;
  std::string window = "30s", save_on = "default", after_failure = "stop", net = "none";
  std::string hang = "10s";            // or none
  std::string save_interval, silence;  // empty: the window; none
  bool no_record = false, no_backup = false;
  std::string config_file;
  bool print_config = false;
  CodeReportWishes code_reports;
};

Result<RecorderConfig> config_of(const RunOptions& options);

// F[,ro][,format=raw]
Result<DriveConfig> drive_of(const std::string& text);
// Words by commas, from left to right: all, default, none, CAUSE or +CAUSE, -CAUSE. A list that begins with a sign
// begins from the default.
Result<std::vector<std::string>> causes_of(const std::string& list);
// CAUSE=REGEX
Result<FailurePattern> pattern_of(const std::string& text);

}  // namespace recount
