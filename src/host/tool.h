#pragma once
// Programs of others, started and waited for. The only exec there is.

#include <string>
#include <vector>

#include "base/result.h"

namespace recount {

// words[0] is found in PATH, or in /usr/sbin, which not everybody's has. environment ("NAME=value") is added to ours.
// kUnavailable, naming the package, if it is not installed; kFailure with the last line that it printed if it fails.
Result<void> run_tool(const std::vector<std::string>& words, const std::string& package,
                      const std::vector<std::string>& environment = {});

// Starts it with our terminal and does not wait: its pid, which host/process.h's reap() tells the end of. Ctrl-C is the program's:
// this process is not to be ended by it any more. kUnavailable, naming the package, if it is not installed.
Result<int> start_in_foreground(const std::vector<std::string>& words, const std::string& package);

}  // namespace recount
