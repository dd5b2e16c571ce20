#pragma once
// The folder IMAGE.recount beside an image: its lock, and its layers NNNNNN.layer, of which the highest
// number is on top. Whoever holds one has the image to himself, and so do his forked children: until all are
// gone nobody merges under them. Every change here may be killed half-way and done again.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "disk/layer.h"
#include "host/file_lock.h"
#include "host/random_file.h"

namespace recount {

std::string layer_folder_path(const std::string& image);

// The image itself, read-only. kUnreadable if it cannot be a disk.
Result<RandomFile> open_base(const std::string& image);

Result<bool> is_half_committed(const std::string& image);
// kUnavailable if it is.
Result<void> refuse_half_committed(const std::string& image);

// The lowest first.
Result<std::vector<std::string>> layer_paths(const std::string& image);

class LayerFolder {
 public:
  // Makes the folder if need be. kUnavailable if another holds it or it cannot be made.
  static Result<LayerFolder> open(const std::string& image);
  // nullopt if another holds it.
  static Result<std::optional<LayerFolder>> try_open(const std::string& image);

  const std::string& image() const { return image_; }
  // All layers, the lowest first. kDamaged if one is; kUnavailable if one
  // belongs to another base than this.
  Result<std::vector<std::unique_ptr<Layer>>> layers(const FileIdentity& base) const;
  // The same, merged into one, or none if there is none.
  Result<std::vector<std::unique_ptr<Layer>>> merged_layers(const FileIdentity& base) const;
  // An empty one, above all that are there.
  Result<std::unique_ptr<Layer>> create_layer(const FileIdentity& base) const;
  // Without opening them; one after the other, so that a kill leaves some: from the bottom the topmost words,
  // from the top the disk as it was before the last push.
  enum class RemoveFrom { kBottom, kTop };
  Result<void> remove_all(RemoveFrom end) const;

  // While set, a commit writes to the base, or was killed doing so: the base alone means nothing.
  Result<void> set_half_committed(bool half) const;

 private:
  LayerFolder(std::string image, FileLock lock) : image_(std::move(image)), lock_(std::move(lock)) {}
  Result<void> remove_unfinished() const;
  std::string path() const { return layer_folder_path(image_); }

  std::string image_;
  FileLock lock_;
};

}  // namespace recount
