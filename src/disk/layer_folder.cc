#include "disk/layer_folder.h"

#include <algorithm>
#include <cstdio>

#include "host/file.h"
#include "host/folders.h"

namespace recount {
namespace {

constexpr std::string_view kSuffix = ".layer";
constexpr size_t kDigits = 6;

bool is_layer_name(std::string_view name) {
  return name.size() == kDigits + kSuffix.size() && name.ends_with(kSuffix) &&
         std::ranges::all_of(name.substr(0, kDigits), [](char c) { return c >= '0' && c <= '9'; });
}

std::string marker_path(const std::string& image) { return layer_folder_path(image) + "/committing"; }

// All of upper comes into lower, which then is on the medium.
Result<void> merge(const Layer& upper, Layer& lower) {
  Bytes buffer;
  for (uint64_t at = upper.next(0); at < upper.clusters(); at = upper.next(at)) {
    constexpr uint64_t kMost = 256;
    const ClusterState state = upper.state(at);
    uint64_t count = 1;
    while (count < kMost && at + count < upper.clusters() && upper.state(at + count) == state) ++count;
    if (state == ClusterState::kZero) {
      lower.write_zeroes(at, count);
    } else {
      buffer.resize(count * kClusterBytes);
      TRY(upper.read(at * kClusterBytes, buffer));
      TRY(lower.write(at, buffer));
    }
    at += count;
  }
  return lower.flush();
}

}  // namespace

std::string layer_folder_path(const std::string& image) { return image + ".recount"; }

Result<RandomFile> open_base(const std::string& image) {
  auto file = TRY(RandomFile::open(image, FileMode::kRead));
  const uint64_t size = TRY(file.size());
  if (size == 0) return fail(ErrorKind::kUnreadable, image + ": cannot open: it is empty");
  if (size % 512 != 0 || size > kMostDiskBytes) {
    return fail(ErrorKind::kUnreadable, image + ": cannot open: it is no raw disk image: its size, " +
                                            std::to_string(size) + " bytes, is no multiple of 512");
  }
  return file;
}

Result<bool> is_half_committed(const std::string& image) { return file_exists(marker_path(image)); }

Result<void> refuse_half_committed(const std::string& image) {
  if (!TRY(is_half_committed(image))) return {};
  return fail(ErrorKind::kUnavailable,
              image + ": a commit was interrupted: finish it with `recount disk commit " + image + "`");
}

Result<std::vector<std::string>> layer_paths(const std::string& image) {
  const std::string folder = layer_folder_path(image);
  std::vector<std::string> paths;
  for (const std::string& name : TRY(list_folder(folder))) {
    if (is_layer_name(name)) paths.push_back(folder + "/" + name);
  }
  return paths;
}

Result<std::optional<LayerFolder>> LayerFolder::try_open(const std::string& image) {
  const std::string folder = layer_folder_path(image);
  const auto read_only_instead = [&image](const Error& error) {
    return fail(ErrorKind::kUnavailable,
                error.message + "; with " + image + ",ro the disk is read-only and needs none");
  };
  if (auto made = make_folder(folder); !made) return read_only_instead(made.error());
  auto lock = FileLock::try_take(folder + "/lock");
  if (!lock) return read_only_instead(lock.error());
  if (!*lock) return std::nullopt;
  return LayerFolder(image, std::move(**lock));
}

Result<LayerFolder> LayerFolder::open(const std::string& image) {
  auto folder = TRY(try_open(image));
  if (!folder) {
    return fail(ErrorKind::kUnavailable,
                image + ": is in use by another recorder: end that one, or use the image read-only");
  }
  return std::move(*folder);
}

Result<std::vector<std::unique_ptr<Layer>>> LayerFolder::layers(const FileIdentity& base) const {
  std::vector<std::unique_ptr<Layer>> layers;
  for (const std::string& layer_path : TRY(layer_paths(image_))) {
    auto layer = TRY(Layer::open(layer_path));
    const bool same_time = layer->base_mtime_ns() == base.mtime_ns || TRY(is_half_committed(image_));
    if (layer->disk_bytes() != base.size_bytes || !same_time) {
      return fail(ErrorKind::kUnavailable, image_ +
                                               ": has changed since its layers were written: put the old "
                                               "image back, or `recount disk discard " +
                                               image_ + "` to lose what the guest wrote");
    }
    layers.push_back(std::move(layer));
  }
  return layers;
}

// What Layer::create() was killed in the middle of.
Result<void> LayerFolder::remove_unfinished() const {
  for (const std::string& name : TRY(list_folder(path()))) {
    if (name.ends_with(".layer.new")) TRY(remove_file(path() + "/" + name));
  }
  return {};
}

// One upper layer at a time, the lowest first: whenever this is killed, what is left reads the same.
Result<std::vector<std::unique_ptr<Layer>>> LayerFolder::merged_layers(const FileIdentity& base) const {
  TRY(remove_unfinished());
  auto all = TRY(layers(base));
  while (all.size() > 1) {
    TRY(merge(*all[1], *all[0]));
    TRY(remove_file(all[1]->path()));
    TRY(sync_folder(path()));
    all.erase(all.begin() + 1);
  }
  return all;
}

Result<std::unique_ptr<Layer>> LayerFolder::create_layer(const FileIdentity& base) const {
  const auto paths = TRY(layer_paths(image_));
  unsigned long number = 1;
  if (!paths.empty()) {
    const std::string& last = paths.back();
    number = std::stoul(last.substr(last.size() - kDigits - kSuffix.size(), kDigits)) + 1;
  }
  if (number > 999'999)
    return fail(ErrorKind::kUnavailable, path() + ": too many layers: open the image afresh");
  char name[32];
  std::snprintf(name, sizeof name, "/%06lu.layer", number);
  return Layer::create(path() + name, base.size_bytes, base.mtime_ns);
}

Result<void> LayerFolder::remove_all(RemoveFrom end) const {
  auto paths = TRY(layer_paths(image_));
  if (end == RemoveFrom::kTop) std::ranges::reverse(paths);
  for (const std::string& layer_path : paths) {
    TRY(remove_file(layer_path));
    TRY(sync_folder(path()));
  }
  return {};
}

Result<void> LayerFolder::set_half_committed(bool half) const {
  const std::string marker = marker_path(image_);
  if (half) {
    TRY(RandomFile::open(marker, FileMode::kReplace));
  } else {
    TRY(remove_file(marker));
  }
  return sync_folder(path());
}

}  // namespace recount
