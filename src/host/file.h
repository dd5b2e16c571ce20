#pragma once
// Whole files, and their names.

#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace recount {

// kUnreadable if it cannot be opened or read. Reads pipes and devices too, up to their end.
Result<Bytes> read_file(const std::string& path);
// Replaces what was there. Under a temporary name first, which is not synced: path holds all of it or what it
// held before, if we are killed; a power cut may leave either of them, or a part. kUnavailable if it cannot
// be written. (AtomicFile is for what must not be lost.)
Result<void> replace_file(const std::string& path, ByteView bytes);

// kUnreadable if that cannot be told.
Result<bool> file_exists(const std::string& path);
// The new name is replaced if it was there.
Result<void> rename_file(const std::string& from, const std::string& to);
// A file that is not there is fine.
Result<void> remove_file(const std::string& path);

}  // namespace recount
