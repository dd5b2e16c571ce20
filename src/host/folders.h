#pragma once
// Folders: where Recount keeps things, and what can be done with them.

#include <string>
#include <vector>

#include "base/result.h"

namespace recount {

// $RECOUNT_DIR, else $XDG_DATA_HOME/recount, else ~/.local/share/recount.
std::string data_folder();
// What can be made again: $RECOUNT_DIR/cache, else $XDG_CACHE_HOME/recount, else ~/.cache/recount.
std::string cache_folder();
std::string temporary_folder();  // $TMPDIR, else /tmp
// From the root on, whatever the folder is that we are in later.
std::string absolute_path(const std::string& path);
// Makes it and its parents. kUnavailable with the path and why if that fails.
Result<void> make_folder(const std::string& path);
// Names (not paths) in a folder, sorted; none if there is no such folder. kUnreadable if there is one that cannot be
// read: nobody is to take that for an empty one.
Result<std::vector<std::string>> list_folder(const std::string& path);
// A new empty folder of our own under path, such as path/NAME.Xa72Lq.
Result<std::string> make_private_folder(const std::string& path, const std::string& name);
void remove_folder(const std::string& path);  // and all in it
// Makes earlier renames and removals in it survive a power cut. kUnavailable.
Result<void> sync_folder(const std::string& path);
uint64_t free_bytes(const std::string& path);  // on its file system; 0 if unknown

}  // namespace recount
