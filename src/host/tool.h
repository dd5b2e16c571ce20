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

}  // namespace recount
