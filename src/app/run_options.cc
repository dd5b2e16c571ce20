#include "app/run_options.h"

#include "app/engine_option.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/verbs.h"
#include "host/folders.h"

namespace recount {

Result<DriveConfig> drive_of(const std::string& text) {
  DriveConfig drive;
  size_t comma = text.find(',');
  drive.path = text.substr(0, comma);
  if (drive.path.empty()) return fail(ErrorKind::kUsage, "--drive " + text + ": names no image");
  while (comma != std::string::npos) {
    size_t begin = comma + 1;
    comma = text.find(',', begin);
    std::string word = text.substr(begin, comma == std::string::npos ? comma : comma - begin);
    if (word == "ro") {
      drive.read_only = true;
    } else if (word.starts_with("format=")) {
      if (word != "format=raw" && word != "format=qcow2") {
        return fail(ErrorKind::kUsage, "--drive " + text + ": only raw and qcow2; convert with: qemu-img convert -O raw");
      }
      drive.qcow2 = word == "format=qcow2";
    } else {
      return fail(ErrorKind::kUsage,
                  "--drive " + text + ": unknown word " + word + "; there are ro, format=raw and format=qcow2");
    }
  }
  return drive;
}

Result<std::vector<std::string>> causes_of(const std::string& list) {
  auto chosen = [](auto choose) {
    std::vector<std::string> causes;
    for (const FailureCause& cause : known_causes()) {
      if (choose(cause)) causes.emplace_back(cause.name);
    }
    return causes;
  };
  auto all = chosen([](const FailureCause&) { return true; });
  auto by_default = chosen([](const FailureCause& cause) { return cause.by_default; });
  std::vector<std::string> causes;
  if (list.starts_with('+') || list.starts_with('-')) causes = by_default;
  for (const std::string& word : CLI::detail::split(list, ',')) {
    bool minus = word.starts_with('-');
    std::string name = minus || word.starts_with('+') ? word.substr(1) : word;
    if (word == "all") {
      causes = all;
    } else if (word == "default") {
      causes = by_default;
    } else if (word == "none") {
      causes.clear();
    } else if (find_cause(name) != nullptr) {
      std::erase(causes, name);
      if (!minus) causes.push_back(name);
    } else {
      return fail(ErrorKind::kUsage, fmt::format("--save-on {}: unknown cause; there are all, default, none, {}", word,
                                                 fmt::join(all, ", ")));
    }
  }
  return causes;
}

Result<FailurePattern> pattern_of(const std::string& text) {
  size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return fail(ErrorKind::kUsage, "--pattern " + text + ": must be CAUSE=REGEX");
  FailurePattern pattern{text.substr(0, equals), text.substr(equals + 1)};
  bool plain = std::ranges::all_of(pattern.cause,
                                   [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; });
  if (!plain) return fail(ErrorKind::kUsage, "--pattern " + text + ": a cause is of letters and digits");
  return pattern;
}

Result<RecorderConfig> config_of(const RunOptions& options) {
  RecorderConfig config = options.config;
  if (config.kernel.empty() && config.bios.empty()) {
    return fail(ErrorKind::kUsage, "give --kernel or --bios (see recount run --help)");
  }
  config.network = TRY(parse_network(options.net));
  for (const std::string& text : options.drives) config.drives.push_back(TRY(drive_of(text)));
  config.jit.log = engine_log();
  config.record = !options.no_record;
  config.backup = !options.no_backup;
  auto window_ns = parse_duration(options.window);
  if (!window_ns)
    return fail(ErrorKind::kUsage, "--window " + options.window + ": must be a time such as 30s");
  // A digest is taken once a second: a shorter past might hold none, and its certificate would say nothing.
  constexpr uint64_t kShortestWindow_ns = 1'000'000'000;
  if (*window_ns < kShortestWindow_ns) {
    return fail(ErrorKind::kUsage, "--window " + options.window + ": at least 1s");
  }
  config.window_ns = *window_ns;
  config.limits.interval_ns = config.window_ns;
  if (!options.save_interval.empty()) {
    auto interval_ns = parse_duration(options.save_interval);
    if (!interval_ns) return fail(ErrorKind::kUsage, "--save-interval " + options.save_interval + ": must be a time such as 60s");
    config.limits.interval_ns = *interval_ns;
  }
  if (options.hang != "none") {
    config.hang_ns = parse_duration(options.hang);
    if (config.hang_ns.value_or(0) == 0) return fail(ErrorKind::kUsage, "--hang " + options.hang + ": must be none or a time such as 10s");
  }
  if (!options.silence.empty()) {
    config.silence_ns = parse_duration(options.silence);
    if (config.silence_ns.value_or(0) == 0) return fail(ErrorKind::kUsage, "--silence " + options.silence + ": must be a time such as 60s");
  }
  config.save_on = TRY(causes_of(options.save_on));
  for (const std::string& text : options.patterns) {
    config.patterns.push_back(TRY(pattern_of(text)));
    config.save_on.push_back(config.patterns.back().cause);
  }
  for (FailurePattern& pattern : known_failure_patterns()) {
    // A panic that is not to be saved is still what the reset behind it comes from.
    pattern.ignored = !config.saves(pattern.cause) && aftermath_of(pattern.cause) == Aftermath::kGoesOn;
    config.patterns.push_back(std::move(pattern));
  }
  config.after_failure = options.after_failure == "reboot"     ? AfterFailure::kReboot
                         : options.after_failure == "continue" ? AfterFailure::kContinue
                                                               : AfterFailure::kStop;
  bool plain_name = std::ranges::all_of(config.name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
  });
  if (!plain_name || config.name.starts_with('.') || config.name.size() > 64) {
    return fail(ErrorKind::kUsage, "--name " + config.name + ": up to 64 letters, digits, '-', '_' and '.'");
  }
  // Who asks the recorder where evidence is may be in another folder.
  config.evidence_folder = absolute_path(config.evidence_folder.empty() ? data_folder() + "/evidence" : config.evidence_folder);
  return config;
}

}  // namespace recount
