#pragma once
// A file that exists whole or not at all: written under a temporary name in its folder, then synced and
// renamed. Never overwrites: a name that is taken gets -2, -3, ... before its extension. Destroyed
// unpublished, it is gone.

#include <memory>
#include <string>

#include "base/result.h"
#include "host/random_file.h"

namespace recount {

class AtomicFile {
 public:
  // kUsage if the name is no plain file name, kUnavailable if the folder cannot be written.
  static Result<std::unique_ptr<AtomicFile>> create(const std::string& folder, const std::string& final_name);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  RandomFile& file() { return *file_; }
  const std::string& temporary_path() const { return temporary_path_; }
  // Syncs the file, renames it and syncs the folder; gives the path that it got. Once.
  Result<std::string> publish();
  // Removes it now.
  void discard();

 private:
  AtomicFile(std::string folder, std::string final_name, std::string temporary_path, Fd fd);
  std::string folder_, final_name_, temporary_path_;
  std::unique_ptr<RandomFile> file_;
  bool gone_ = false;  // published or discarded
};

}  // namespace recount
