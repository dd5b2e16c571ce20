#pragma once
// The digest that names a base image in evidence. Reading a whole image takes long, so it is remembered in
// IMAGE.recount/base.digest (if that folder is there) for as long as size, modification time and inode stay.

#include <string>

#include "base/digest.h"
#include "base/result.h"

namespace recount {

// BLAKE2b-256 of the image's bytes. kUnreadable if it cannot be read, or changes meanwhile.
Result<Digest256> base_digest(const std::string& image);

// Nothing is remembered any more: the image is about to change.
Result<void> forget_base_digest(const std::string& image);

}  // namespace recount
