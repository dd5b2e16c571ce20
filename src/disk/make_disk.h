#pragma once
// A new raw image with an ext4 file system that holds what a folder holds. mke2fs makes it; a guest mounts it.

#include <cstdint>
#include <string>

#include "base/result.h"

namespace recount {

// Sparse. kUsage if image is there already, or for a size that no disk has; kUnavailable without mke2fs; kFailure if the
// folder does not fit. Nothing is left of an image that failed. With SOURCE_DATE_EPOCH in the environment, UUID, hash
// seed and the file system's own times are the same each time.
Result<void> make_disk(const std::string& folder, uint64_t size_bytes, const std::string& image);

}  // namespace recount
