#pragma once
// A file that exists whole or not at all: written without a name, or under a temporary one where the file
// system wants one, then synced and named. Never overwrites: a name that is taken gets -2, -3, ... before its
// extension. Destroyed unpublished, it is gone; a temporary name that a killed process left is removed by the
// next one that writes in the folder, as such a file is locked as long as any process has it open.

#include <memory>
#include <string>

#include "base/result.h"
#include "host/random_file.h"

namespace recount {

class AtomicFile {
 public:
  // What the file is until it is published: kNamed, as on a file system that has no files without a name.
  enum class Until { kNameless, kNamed };
  // Removes what is left behind there first. kUsage if the name is no plain file name, kUnavailable if the
  // folder cannot be written.
  static Result<std::unique_ptr<AtomicFile>> create(const std::string& folder, const std::string& final_name,
                                                    Until until = Until::kNameless);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  RandomFile& file() { return file_; }
  // Opens the file in this process, until it is published.
  const std::string& temporary_path() const { return temporary_path_; }
  // Syncs the file, renames it and syncs the folder; gives the path that it got. Once.
  Result<std::string> publish();
  // It will not be published. What it holds goes with this object at the latest.
  void discard();
  // It has its name, even if publish() could not make sure of more.
  bool is_named() const { return named_; }

 private:
  AtomicFile(std::string folder, std::string final_name, std::string temporary_path, Fd fd);
  std::string folder_, final_name_, temporary_path_;
  RandomFile file_;
  bool gone_ = false;  // published or discarded
  bool named_ = false;
};

}  // namespace recount
