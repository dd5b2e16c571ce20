#pragma once
// The folder IMAGE.recount beside an image: its lock, and its layers NNNNNN.layer, of which the highest
// number is on top. Whoever holds one has the image to himself, and so do his forked children: until all are
// gone nobody merges under them. Every change here may be killed half-way and done again.

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "disk/layer.h"
#include "host/file_lock.h"
#include "host/random_access_file.h"

namespace recount {

std::string layer_folder_path(const std::string& image);

// The image itself, read-only. kUnreadable if it cannot be a disk.
Result<RandomAccessFile> open_base(const std::string& image);

bool is_half_committed(const std::string& image);
// kUnavailable if it is.
Result<void> refuse_half_committed(const std::string& image);

class LayerFolder {
 public:
  // Makes the folder if need be. kUnavailable if another holds it or it cannot be made.
  static Result<LayerFolder> open(const std::string& image);

  const std::string& image() const { return image_; }
  // All layers, the lowest first. kDamaged if one is; kUnavailable if one
  // belongs to another base than this.
  Result<std::vector<std::unique_ptr<Layer>>> layers(const FileIdentity& base) const;
  // The same, merged into one, or none if there is none.
  Result<std::vector<std::unique_ptr<Layer>>> merged_layers(const FileIdentity& base) const;
  // An empty one, above all that are there.
  Result<std::unique_ptr<Layer>> create_layer(const FileIdentity& base) const;
  // Those of `layers` have been dealt with: removes their files from the lowest up, so that what is left when
  // this is killed half-way still has the topmost word.
  Result<void> remove(std::vector<std::unique_ptr<Layer>> layers) const;
  // Without opening them.
  Result<void> remove_all() const;

  // While set, a commit writes to the base, or was killed doing so: the base alone means nothing.
  Result<void> set_half_committed(bool half) const;

 private:
  LayerFolder(std::string image, FileLock lock) : image_(std::move(image)), lock_(std::move(lock)) {}
  std::vector<std::string> layer_paths() const;
  Result<void> remove_unfinished() const;
  std::string path() const { return layer_folder_path(image_); }

  std::string image_;
  FileLock lock_;
};

}  // namespace recount
