#pragma once
// BLAKE2b over a part of a file, with little memory.

#include "base/digest.h"
#include "host/random_file.h"

namespace recount {

// kUnreadable if the file ends before.
Result<Digest256> digest_range(const RandomFile& file, uint64_t offset, uint64_t size_bytes);

}  // namespace recount
