#include "machine/load_image.h"

#include <zlib.h>

#include <algorithm>

#include "machine/board.h"

namespace recount {
namespace {

constexpr const char* kNoKernel = "not a kernel (neither Image, gzip, EFI zboot nor ELF for RISC-V)";

template <class T>
T at(ByteView file, uint64_t offset) {  // the caller has checked the size
  return load_le<T>(file.data() + offset);
}
bool holds(ByteView file, uint64_t offset, uint64_t size) {
  return offset <= file.size() && size <= file.size() - offset;
}
bool starts_with(ByteView file, uint64_t offset, std::string_view magic) {
  return holds(file, offset, magic.size()) && std::equal(magic.begin(), magic.end(), file.begin() + static_cast<long>(offset));
}

Error does_not_fit(const Ram& ram) {
  return {ErrorKind::kUnreadable, "does not fit in " + std::to_string(ram.size() >> 20) + " MiB of memory"};
}

// Linux Documentation/arch/riscv/boot-image-header.rst.
bool is_linux_image(ByteView f) { return holds(f, 0, 64) && starts_with(f, 56, "RSC\x05"); }

Result<LoadedImage> load_linux_image(Ram& ram, ByteView f) {
  auto text_offset = at<uint64_t>(f, 8);
  auto image_size = std::max<uint64_t>(at<uint64_t>(f, 16), f.size());
  if (text_offset > ram.size()) return std::unexpected(does_not_fit(ram));
  Gpa entry = board::kRam + (text_offset == 0 ? board::kKernelOffset : text_offset);
  if (!ram.contains(entry, image_size) || !ram.write(entry, f)) return std::unexpected(does_not_fit(ram));
  return LoadedImage{entry, entry + image_size};
}

// ELF-64 object file format, and the RISC-V psABI's e_machine.
bool is_elf(ByteView f) { return starts_with(f, 0, "\x7f" "ELF"); }

Result<LoadedImage> load_elf(Ram& ram, ByteView f) {
  constexpr uint16_t kRiscv = 243;
  constexpr uint8_t kClass64 = 2;
  constexpr uint32_t kLoad = 1;
  constexpr uint64_t kHeaderSize = 64, kSegmentSize = 56;
  if (!holds(f, 0, kHeaderSize) || f[4] != kClass64 || at<uint16_t>(f, 18) != kRiscv) {
    return fail(ErrorKind::kUnreadable, "not a 64-bit RISC-V ELF file");
  }
  auto table = at<uint64_t>(f, 32);
  auto entry_size = at<uint16_t>(f, 54);
  auto count = at<uint16_t>(f, 56);
  LoadedImage loaded{Gpa{at<uint64_t>(f, 24)}, board::kRam};
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t header = table + i * entry_size;
    if (entry_size < kSegmentSize || header < table || !holds(f, header, kSegmentSize)) {
      return fail(ErrorKind::kUnreadable, "ELF program headers lie outside of the file");
    }
    if (at<uint32_t>(f, header) != kLoad) continue;
    auto offset = at<uint64_t>(f, header + 8), physical = at<uint64_t>(f, header + 24);
    auto file_size = at<uint64_t>(f, header + 32), memory_size = at<uint64_t>(f, header + 40);
    if (!holds(f, offset, file_size) || file_size > memory_size) {
      return fail(ErrorKind::kUnreadable, "an ELF segment lies outside of the file");
    }
    if (!ram.contains(Gpa{physical}, memory_size)) return std::unexpected(does_not_fit(ram));
    ram.write(Gpa{physical}, f.subspan(offset, file_size));
    loaded.end = std::max(loaded.end, Gpa{physical + memory_size});
  }
  // A kernel's entry is a virtual address where its segments are; all of ours run at physical ones.
  if (!ram.contains(loaded.entry, 2)) return fail(ErrorKind::kUnreadable, "the ELF entry point is outside of memory");
  return loaded;
}

Result<Bytes> gunzip(ByteView f, uint64_t limit) {
  z_stream z{};
  constexpr int kGzipOnly = 16 + MAX_WBITS;
  if (inflateInit2(&z, kGzipOnly) != Z_OK) return fail(ErrorKind::kFailure, "zlib cannot start");
  Bytes out;
  z.next_in = const_cast<Bytef*>(f.data());
  z.avail_in = static_cast<uInt>(f.size());
  int status = Z_OK;
  while (status == Z_OK && out.size() <= limit) {
    constexpr size_t kStep = 1 << 20;
    size_t had = out.size();
    out.resize(had + kStep);
    z.next_out = out.data() + had;
    z.avail_out = kStep;
    status = inflate(&z, Z_NO_FLUSH);
    out.resize(out.size() - z.avail_out);
  }
  inflateEnd(&z);
  if (status == Z_STREAM_END) return out;
  return fail(ErrorKind::kUnreadable, out.size() > limit ? "unpacks to more than memory holds" : "gzip data is damaged or cut");
}

// Linux drivers/firmware/efi/libstub/zboot-header.S: payload offset and size, compression's name.
bool is_zboot(ByteView f) { return holds(f, 0, 64) && starts_with(f, 0, "MZ") && starts_with(f, 4, "zimg"); }

Result<LoadedImage> load_plain_kernel(Ram& ram, ByteView f) {
  if (is_linux_image(f)) return load_linux_image(ram, f);
  if (is_elf(f)) return load_elf(ram, f);
  return fail(ErrorKind::kUnreadable, kNoKernel);
}

}  // namespace

Result<LoadedImage> load_kernel(Ram& ram, ByteView f) {
  if (is_zboot(f)) {
    auto offset = at<uint32_t>(f, 8), size = at<uint32_t>(f, 12);
    if (!holds(f, offset, size)) return fail(ErrorKind::kUnreadable, "EFI zboot payload lies outside of the file");
    if (!starts_with(f, 24, "gzip")) return fail(ErrorKind::kUnreadable, "EFI zboot compression is not gzip");
    f = f.subspan(offset, size);
  }
  if (starts_with(f, 0, "\x1f\x8b")) {
    Bytes plain = TRY(gunzip(f, ram.size()));
    return load_plain_kernel(ram, plain);
  }
  return load_plain_kernel(ram, f);
}

Result<LoadedImage> load_payload(Ram& ram, ByteView f) {
  if (starts_with(f, 0, "\x1f\x8b") || is_zboot(f) || is_linux_image(f) || is_elf(f)) return load_kernel(ram, f);
  Gpa entry = board::kRam + board::kKernelOffset;
  if (!ram.write(entry, f)) return std::unexpected(does_not_fit(ram));
  return LoadedImage{entry, entry + f.size()};
}

Result<LoadedImage> load_firmware(Ram& ram, ByteView f) {
  if (is_elf(f)) return load_elf(ram, f);
  if (f.empty()) return fail(ErrorKind::kUnreadable, "firmware file is empty");
  if (!ram.write(board::kRam, f)) return std::unexpected(does_not_fit(ram));
  return LoadedImage{board::kRam, board::kRam + f.size()};
}

}  // namespace recount
