#pragma once
// Whole files.

#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace recount {

// kUnreadable if it cannot be opened or read.
Result<Bytes> read_file(const std::string& path);

}  // namespace recount
