#pragma once
// Guest RAM as members state/ram/NNNNN.zst: a zstd frame for each 2 MiB, the last one may be shorter; a chunk
// of zeros is absent. Compresses one chunk at a time, as the zip asks for it, so RAM is never held twice.

#include <span>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "evidence/zip_append.h"

namespace recount {

bool is_all_zero(ByteView bytes);

// The RAM must live, and stay as it is, until zip.finish().
Result<void> add_ram_chunks(ZipAppend& zip, ByteView ram);

// The most that the member of a chunk can take; a larger one is not ours.
uint64_t max_ram_chunk_member();
// Fills the whole of chunk from one member's bytes. kDamaged if they are anything but a frame of that size.
Result<void> unpack_ram_chunk(const std::string& name, ByteView packed, std::span<uint8_t> chunk);

}  // namespace recount
