#pragma once
// Journals as somebody writes them who knows the format: mutation breaks checksums and digests first, and so
// would never come further. These put right ones in front of whatever the bytes are.

#include <zlib.h>

#include <algorithm>

#include "base/bytes.h"
#include "journal/segment.h"

namespace recount {

// The bytes as records with sizes and checksums that are right; a body that is cut ends the last record.
inline Bytes with_right_checksums(ByteView in) {
  Bytes out;
  ByteReader r(in);
  while (r.remaining() > sizeof(uint32_t)) {
    r.fixed<uint32_t>();
    uint64_t size = r.varint();
    if (!r.ok()) break;
    Bytes sized;
    ByteWriter(sized).blob(r.raw(std::min<uint64_t>(size, r.remaining())));
    ByteWriter w(out);
    w.fixed(static_cast<uint32_t>(::crc32(0, sized.data(), static_cast<uInt>(sized.size()))));
    w.raw(sized);
  }
  return out;
}

// A segment whose digest is that of its bytes, whatever they are.
inline Bytes with_right_digest(ByteView in) {
  Bytes out(in.begin(), in.end());
  if (in.size() < kSegmentHeaderBytes + kSegmentFooterBytes) return out;
  Digest256 digest = blake2b(in.first(in.size() - kSegmentFooterBytes));
  std::ranges::copy(digest.bytes, out.end() - static_cast<std::ptrdiff_t>(digest.bytes.size()));
  return out;
}

}  // namespace recount
