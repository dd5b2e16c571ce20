#pragma once
// Puts kernels and firmware into RAM. Every header field comes from a file that nobody vouches for.

#include "base/address.h"
#include "base/result.h"
#include "memory/ram.h"

namespace recount {

struct LoadedImage {
  Gpa entry;
  Gpa end;  // first address behind the image and what it reserves
};

// A Linux Image (plain, gzip-compressed or as an EFI zboot with gzip) or a RISC-V ELF executable.
// kUnreadable if the bytes are none of these or do not fit.
Result<LoadedImage> load_kernel(Ram& ram, ByteView file);

// What firmware goes on to: a kernel, or a flat binary (U-Boot) for where a kernel would be.
Result<LoadedImage> load_payload(Ram& ram, ByteView file);

// An ELF executable, or a flat binary to be placed at the start of RAM.
Result<LoadedImage> load_firmware(Ram& ram, ByteView file);

}  // namespace recount
