#include "disk/maintenance.h"

#include <algorithm>

#include "disk/base_digest.h"
#include "disk/disk_stack.h"
#include "disk/layer_folder.h"
#include "host/file.h"

namespace recount {
namespace {

// The stack's own word for every cluster in it, into the image. Doing it again does the same again.
Result<void> write_into(const RandomFile& image, const DiskStack& disk) {
  Bytes buffer;
  for (uint64_t at = disk.next_written(0); at < disk.clusters(); at = disk.next_written(at)) {
    constexpr uint64_t kMost = 256;
    uint64_t count = 1;
    while (count < kMost && at + count < disk.clusters() && disk.is_written(at + count)) ++count;
    buffer.resize(count * kClusterBytes);
    TRY(disk.read_clusters(at, buffer));
    const uint64_t offset = at * kClusterBytes;
    TRY(image.write(offset,
                    ByteView(buffer).first(std::min<uint64_t>(buffer.size(), disk.disk_bytes() - offset))));
    at += count;
  }
  return image.sync();
}

}  // namespace

Result<void> commit_layers(const std::string& image) {
  auto base = TRY(open_base(image));
  const FileIdentity identity = TRY(base.identity());
  const auto folder = TRY(LayerFolder::open(image));
  if (!TRY(layer_paths(image)).empty()) {
    auto writable = TRY(RandomFile::open(image, FileMode::kReadWrite));
    DiskStack disk(std::move(base), identity.size_bytes, DiskAccess::kReadOnly);
    for (auto& layer : TRY(folder.layers(identity))) disk.push(std::move(layer));
    TRY(forget_base_digest(image));
    TRY(folder.set_half_committed(true));
    TRY(write_into(writable, disk));
    TRY(folder.remove_all(LayerFolder::RemoveFrom::kBottom));
  }
  return folder.set_half_committed(false);
}

Result<void> discard_layers(const std::string& image) {
  TRY(open_base(image));
  const auto folder = TRY(LayerFolder::open(image));
  TRY(refuse_half_committed(image));
  return folder.remove_all(LayerFolder::RemoveFrom::kTop);
}

Result<LayerStatus> layer_status(const std::string& image) {
  auto base = TRY(open_base(image));
  const FileIdentity identity = TRY(base.identity());
  LayerStatus status;
  status.half_committed = TRY(is_half_committed(image));
  status.disk_bytes = identity.size_bytes;
  if (!TRY(file_exists(layer_folder_path(image)))) {
    status.written_bytes = 0;
    return status;
  }
  for (const std::string& path : TRY(layer_paths(image))) {
    auto file = RandomFile::open(path, FileMode::kRead);
    if (!file) continue;  // a recorder has just merged it
    ++status.layers;
    status.allocated_bytes += TRY(file->allocated_bytes());
  }
  // Opened without the lock, a layer could change under its recorder.
  const auto folder = TRY(LayerFolder::try_open(image));
  status.in_use = !folder;
  if (!folder) return status;
  DiskStack disk(std::move(base), identity.size_bytes, DiskAccess::kReadOnly);
  for (auto& layer : TRY(folder->layers(identity))) disk.push(std::move(layer));
  uint64_t clusters = 0;
  for (uint64_t at = disk.next_written(0); at < disk.clusters(); at = disk.next_written(at + 1)) ++clusters;
  status.written_bytes = std::min(clusters * kClusterBytes, disk.disk_bytes());
  return status;
}

}  // namespace recount
