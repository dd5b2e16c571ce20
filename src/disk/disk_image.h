#pragma once
// A disk image as a recorder, or a replay, has it: the base, the layers beside it, and the stack that the
// machine uses. Owns the lock; forked children share it. Only whoever is to push beside the image calls
// push_layer().

#include <memory>
#include <optional>
#include <string>

#include "disk/disk_stack.h"
#include "disk/layer_folder.h"

namespace recount {

class DiskImage {
 public:
  // Read-write: takes the lock, and goes on from what earlier runs left, merged into one layer. Read-only:
  // the base alone, without lock or folder.
  static Result<std::unique_ptr<DiskImage>> open(const std::string& path, DiskAccess access);
  // The base alone, for a replay: the caller pushes layers of his own (import_overlay,
  // Layer::create_temporary). access is what the guest saw.
  static Result<std::unique_ptr<DiskImage>> open_for_replay(const std::string& path, DiskAccess access);

  DiskImage(const DiskImage&) = delete;
  DiskImage& operator=(const DiskImage&) = delete;

  DiskStack& stack() { return stack_; }
  const std::string& path() const { return path_; }

  // Makes the next layer ready, so that push_layer() takes no time: it waits for the medium. Nothing on a
  // read-only disk.
  Result<void> prepare_layer();
  // A new layer beside the image. The recorder's side of a fork.
  Result<void> push_layer();
  // A new one in folder that ends with this process. The backup's side of a fork.
  Result<void> push_temporary(const std::string& folder);

 private:
  DiskImage(std::string path, RandomFile base, const FileIdentity& identity, DiskAccess access)
      : path_(std::move(path)), identity_(identity), stack_(std::move(base), identity.size_bytes, access) {}
  static Result<std::unique_ptr<DiskImage>> open_base_alone(const std::string& path, DiskAccess access);

  std::string path_;
  FileIdentity identity_;
  std::optional<LayerFolder> folder_;  // none if nothing is written beside the image
  std::unique_ptr<Layer> prepared_;
  DiskStack stack_;
};

}  // namespace recount
