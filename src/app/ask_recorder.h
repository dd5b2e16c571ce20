#pragma once
// A line to a running recorder, and its answer.

#include <nlohmann/json.hpp>

#include <string>

#include "base/result.h"

namespace recount {

// name: as recount ls shows it; line: a command of recount ctl. Waits as long as the answer takes. kUnavailable if no such recorder
// runs, kUsage if the line cannot be sent, kFailure with what the recorder says if it refuses.
Result<nlohmann::ordered_json> ask_recorder(const std::string& name, const std::string& line);

}  // namespace recount
