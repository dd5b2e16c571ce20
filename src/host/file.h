#pragma once
// Whole files.

#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace recount {

// kUnreadable if it cannot be opened or read.
Result<Bytes> read_file(const std::string& path);
// Under a temporary name first: path holds all of it or what it held before. kUnavailable if it cannot be written.
Result<void> write_file_atomically(const std::string& path, ByteView bytes);

}  // namespace recount
