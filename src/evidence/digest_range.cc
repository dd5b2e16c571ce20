#include "evidence/digest_range.h"

#include <algorithm>

namespace recount {

Result<Digest256> digest_range(const RandomFile& file, uint64_t offset, uint64_t size_bytes) {
  Blake2b hasher;
  Bytes buffer(std::min<uint64_t>(size_bytes, 1 << 20));
  while (size_bytes != 0) {
    std::span<uint8_t> part(buffer.data(), std::min<uint64_t>(size_bytes, buffer.size()));
    TRY(file.read(offset, part));
    hasher.update(part);
    offset += part.size();
    size_bytes -= part.size();
  }
  return hasher.finish();
}

}  // namespace recount
