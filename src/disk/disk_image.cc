#include "disk/disk_image.h"

namespace recount {

Result<std::unique_ptr<DiskImage>> DiskImage::open_base_alone(const std::string& path, DiskAccess access) {
  auto base = TRY(open_base(path));
  const FileIdentity identity = TRY(base.identity());
  return std::unique_ptr<DiskImage>(new DiskImage(path, std::move(base), identity, access));
}

Result<std::unique_ptr<DiskImage>> DiskImage::open(const std::string& path, DiskAccess access) {
  auto image = TRY(open_base_alone(path, access));
  if (access == DiskAccess::kReadOnly) {
    TRY(refuse_half_committed(path));
    return image;
  }
  image->folder_ = TRY(LayerFolder::open(path));
  TRY(refuse_half_committed(path));
  auto layers = TRY(image->folder_->merged_layers(image->identity_));
  if (layers.empty()) layers.push_back(TRY(image->folder_->create_layer(image->identity_)));
  for (auto& layer : layers) {
    image->stack_.push(std::move(layer));
  }
  return image;
}

Result<std::unique_ptr<DiskImage>> DiskImage::open_for_replay(const std::string& path, DiskAccess access) {
  TRY(refuse_half_committed(path));
  return open_base_alone(path, access);
}

Result<void> DiskImage::prepare_layer() {
  if (folder_ && !prepared_) prepared_ = TRY(folder_->create_layer(identity_));
  return {};
}

Result<void> DiskImage::push_layer() {
  if (!folder_) return {};
  TRY(prepare_layer());
  stack_.push(std::move(prepared_));
  return {};
}

Result<void> DiskImage::push_temporary(const std::string& folder) {
  prepared_.reset();  // the other side's; the lock stays: nobody is to merge the layers that we share
  if (stack_.read_only()) return {};
  stack_.push(TRY(Layer::create_temporary(folder, identity_.size_bytes)));
  return {};
}

}  // namespace recount
