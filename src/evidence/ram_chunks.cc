#include "evidence/ram_chunks.h"

#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/check.h"

namespace recount {
namespace {

constexpr int kLevel = 1;  // evidence is saved while somebody waits; level 3 gains a few percent of size

// Holds the chunk that is being written, packed. One for all chunks: they are written one after the other.
class Packer {
 public:
  Packer() : context_(ZSTD_createCCtx(), ZSTD_freeCCtx), packed_(ZSTD_compressBound(kRamChunkSize)) {}

  Result<size_t> read(uint64_t index, ByteView chunk, std::span<uint8_t> out) {
    if (index != index_ || !busy_) {
      size_t size = ZSTD_compressCCtx(context_.get(), packed_.data(), packed_.size(), chunk.data(),
                                      chunk.size(), kLevel);
      if (ZSTD_isError(size) != 0) {
        return fail(ErrorKind::kFailure,
                    ram_chunk_name(index) + ": cannot compress: " + ZSTD_getErrorName(size));
      }
      left_ = ByteView(packed_).first(size);
      index_ = index;
      busy_ = true;
    }
    size_t size = std::min(out.size(), left_.size());
    if (size != 0) std::memcpy(out.data(), left_.data(), size);
    left_ = left_.subspan(size);
    if (size == 0) busy_ = false;
    return size;
  }

 private:
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context_;
  Bytes packed_;
  ByteView left_;
  uint64_t index_ = 0;
  bool busy_ = false;
};

}  // namespace

bool is_all_zero(ByteView bytes) {
  return bytes.empty() ||
         (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

Result<void> add_ram_chunks(ZipAppend& zip, ByteView ram) {
  uint64_t count = ram_chunk_count(ram.size());
  CHECK(count <= kMaxRamChunks);
  auto packer = std::make_shared<Packer>();
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t offset = i * kRamChunkSize;
    ByteView chunk = ram.subspan(offset, std::min<uint64_t>(kRamChunkSize, ram.size() - offset));
    if (is_all_zero(chunk)) continue;
    auto added = zip.add(ram_chunk_name(i), std::nullopt,
                         [packer, i, chunk](std::span<uint8_t> out) { return packer->read(i, chunk, out); });
    if (!added) return added;
  }
  return {};
}

uint64_t max_ram_chunk_member() { return ZSTD_compressBound(kRamChunkSize); }

Result<void> unpack_ram_chunk(const std::string& name, ByteView packed, std::span<uint8_t> chunk) {
  // One frame and no more, whose header says exactly what we expect: nothing that it claims decides on
  // memory.
  unsigned long long says = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (says != chunk.size() || ZSTD_findFrameCompressedSize(packed.data(), packed.size()) != packed.size()) {
    return fail(ErrorKind::kDamaged, name + ": not a compressed chunk of the right size");
  }
  size_t size = ZSTD_decompress(chunk.data(), chunk.size(), packed.data(), packed.size());
  if (ZSTD_isError(size) != 0 || size != chunk.size()) {
    return fail(ErrorKind::kDamaged, name + ": cannot be decompressed");
  }
  return {};
}

}  // namespace recount
