#pragma once
// What a file with a program's symbols says of itself: an ELF such as Debian's vmlinux with debug information, read by libelf.

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace recount {

struct DebugFile {
  std::string build_id;               // hex; empty if it has none
  std::optional<uint64_t> text_begin;  // where a kernel's _stext is, if it has one
};

// kUnreadable if it cannot be read or is no ELF of a riscv64 guest.
Result<DebugFile> read_debug_file(const std::string& path);

}  // namespace recount
