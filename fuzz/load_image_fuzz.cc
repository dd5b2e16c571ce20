// Kernels, firmware and payloads from anybody: loaded inside of RAM, or refused. The first byte says as what.

#include <zlib.h>

#include <cstring>
#include <vector>

#include "base/check.h"
#include "machine/board.h"
#include "machine/load_image.h"

namespace recount {
namespace {

constexpr uint64_t kRamBytes = 4 << 20;
enum As : uint8_t { kKernel, kPayload, kFirmware, kKinds };

Bytes linux_image() {
  Bytes image(200, 0x13);
  store_le<uint64_t>(&image[8], 0);        // text_offset
  store_le<uint64_t>(&image[16], 0x1000);  // image_size
  std::memcpy(&image[56], "RSC\x05", 4);
  return image;
}

Bytes elf() {
  constexpr size_t kHeader = 64, kSegment = 56;
  Bytes file(kHeader + kSegment + 32, 0x13);
  std::memcpy(&file[0],
              "\x7f"
              "ELF\x02\x01\x01",
              7);
  store_le<uint16_t>(&file[18], 243);
  store_le<uint64_t>(&file[24], raw(board::kRam));  // entry
  store_le<uint64_t>(&file[32], kHeader);           // program headers
  store_le<uint16_t>(&file[54], kSegment);
  store_le<uint16_t>(&file[56], 1);
  uint8_t* segment = &file[kHeader];
  store_le<uint32_t>(segment, 1);
  store_le<uint64_t>(segment + 8, kHeader + kSegment);
  store_le<uint64_t>(segment + 24, raw(board::kRam));
  store_le<uint64_t>(segment + 32, 32);
  store_le<uint64_t>(segment + 40, 4096);
  return file;
}

Bytes gzip(const Bytes& plain) {
  Bytes packed(plain.size() + 100);
  z_stream z{};
  CHECK(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  z.next_in = const_cast<Bytef*>(plain.data());
  z.avail_in = static_cast<uInt>(plain.size());
  z.next_out = packed.data();
  z.avail_out = static_cast<uInt>(packed.size());
  CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
  packed.resize(z.total_out);
  deflateEnd(&z);
  return packed;
}

Bytes zboot(const Bytes& payload) {
  Bytes file(64, 0);
  std::memcpy(&file[0], "MZ\0\0zimg", 8);
  store_le<uint32_t>(&file[8], 64);
  store_le<uint32_t>(&file[12], static_cast<uint32_t>(payload.size()));
  std::memcpy(&file[24], "gzip", 4);
  file.insert(file.end(), payload.begin(), payload.end());
  return file;
}

}  // namespace
}  // namespace recount

std::vector<std::vector<uint8_t>> fuzz_seeds() {
  using namespace recount;
  std::vector<Bytes> seeds;
  // The last one unpacks to more than memory holds.
  for (const Bytes& file : {linux_image(), elf(), gzip(linux_image()), zboot(gzip(linux_image())),
                            zboot(gzip(elf())), gzip(Bytes(2 * kRamBytes))}) {
    for (uint8_t as = 0; as < kKinds; ++as) {
      Bytes& seed = seeds.emplace_back(Bytes{as});
      seed.insert(seed.end(), file.begin(), file.end());
    }
  }
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace recount;
  static auto ram = Ram::create(board::kRam, kRamBytes);
  CHECK(ram.has_value());
  if (size == 0) return 0;
  ByteView file(data + 1, size - 1);
  auto loaded = data[0] % kKinds == kKernel    ? load_kernel(**ram, file)
                : data[0] % kKinds == kPayload ? load_payload(**ram, file)
                                               : load_firmware(**ram, file);
  if (loaded) {
    CHECK((*ram)->contains(loaded->entry, 1));
    CHECK(raw(loaded->end) >= raw(board::kRam) && raw(loaded->end) - raw(board::kRam) <= kRamBytes);
  }
  return 0;
}
