#include "evidence/digest_range.h"

#include <algorithm>

namespace recount {

Result<Digest256> digest_range(const RandomFile& file, uint64_t offset, uint64_t size_bytes) {
  Blake2b hasher;
  Bytes buffer(std::min<uint64_t>(size_bytes, 1 << 20));
  while (size_bytes != 0) {
    std::span<uint8_t> part(buffer.data(), std::min<uint64_t>(size_bytes, buffer.size()));
    size_t got = TRY(file.read_at(offset, part));
    if (got != part.size())
      return fail(ErrorKind::kUnreadable, file.name() + ": became shorter while it was read");
    hasher.update(part);
    offset += got;
    size_bytes -= got;
  }
  return hasher.finish();
}

}  // namespace recount
