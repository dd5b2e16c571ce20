#pragma once
// Images of other formats become raw ones, beside them: the disks of a guest are raw only.

#include <string>

#include "base/result.h"

namespace recount {

// IMAGE.raw, made by qemu-img if it is not there. What is there is used again: it is the base of what guests wrote.
// kUnavailable without qemu-img, or if the image is newer than what was made of it.
Result<std::string> raw_of_qcow2(const std::string& image);

}  // namespace recount
