#pragma once
// What a disk's layers hold, as one compact stream for evidence (docs/formats/overlay.md, "Overlay"): every
// cluster that differs from the base, the topmost layer's word, zeros without data.

#include <functional>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "disk/disk_stack.h"

namespace recount {

// Hands the stream to sink in pieces of about a MiB at most; an error of the sink ends it.
Result<void> export_overlay(const DiskStack& disk, const std::function<Result<void>(ByteView)>& sink);

// overlay is hostile. It becomes a temporary layer in folder, to be pushed on a base of disk_bytes. kDamaged
// if it is not exactly what an export of such a disk can be.
Result<std::unique_ptr<Layer>> import_overlay(ByteView overlay, uint64_t disk_bytes,
                                              const std::string& folder);

}  // namespace recount
