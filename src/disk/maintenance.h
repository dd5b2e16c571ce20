#pragma once
// What can be done with the layers beside an image while no recorder has it: bring them into it, throw them
// away, look.

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace recount {

// The image gets what the guest wrote; then the layers go. Killed half-way, it is finished by doing it again,
// and until then the image is refused as a disk.
Result<void> commit_layers(const std::string& image);

// The image stays as it is; what the guest wrote is lost.
Result<void> discard_layers(const std::string& image);

struct LayerStatus {
  bool in_use = false;  // by a recorder
  bool half_committed = false;
  uint64_t layers = 0;
  uint64_t disk_bytes = 0;
  uint64_t allocated_bytes = 0;           // that the layers take on the medium
  std::optional<uint64_t> written_bytes;  // of the disk, that the layers have; not known while in use
};
Result<LayerStatus> layer_status(const std::string& image);

}  // namespace recount
