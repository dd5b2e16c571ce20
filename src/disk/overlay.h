#pragma once
// What a disk's layers hold, as one compact stream for evidence (docs/formats/overlay.md, "Overlay"): every
// cluster that differs from the base, the topmost layer's word, zeros without data. Neither side ever has
// more than a piece of it in memory.

#include <memory>
#include <string>

#include "base/byte_source.h"
#include "base/result.h"
#include "disk/disk_stack.h"

namespace recount {

// disk must outlive the source, and not change before its end.
ByteSource export_overlay(const DiskStack& disk);

// overlay is hostile, and read to its end. It becomes a temporary layer in folder, to be pushed on a base of
// disk_bytes. kDamaged if it is not exactly what an export of such a disk can be; else the source's error.
Result<std::unique_ptr<Layer>> import_overlay(ByteSource overlay, uint64_t disk_bytes,
                                              const std::string& folder);

}  // namespace recount
