#pragma once
// Names of files: there, renamed, removed, and the folder's entries made durable.

#include <string>

#include "base/result.h"

namespace recount {

bool file_exists(const std::string& path);
// The new name is replaced if it was there.
Result<void> rename_file(const std::string& from, const std::string& to);
// A file that is not there is fine.
Result<void> remove_file(const std::string& path);
// Makes earlier renames and removals in it survive a power cut.
Result<void> sync_folder(const std::string& path);

}  // namespace recount
