#pragma once
// What all ELF files of a riscv64 guest that we write begin with. System V ABI, and the RISC-V ELF specification.

#include <elf.h>

#include <algorithm>

#include "base/bytes.h"

namespace recount {

// Without program headers and sections. type: ET_EXEC, ET_CORE.
inline Elf64_Ehdr riscv_elf_header(uint16_t type) {
  Elf64_Ehdr header{};
  std::copy_n(ELFMAG, SELFMAG, header.e_ident);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = type;
  header.e_machine = EM_RISCV;
  header.e_version = EV_CURRENT;
  // A kernel's own core has none: crash takes bit 0 there for "incomplete".
  header.e_flags = type == ET_CORE ? 0 : EF_RISCV_RVC | EF_RISCV_FLOAT_ABI_DOUBLE;
  header.e_ehsize = sizeof header;
  return header;
}

// One of ELF's structures, as it is in memory: this host is little-endian, too.
template <class T>
void append_struct(Bytes& out, const T& value) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(&value);
  out.insert(out.end(), bytes, bytes + sizeof value);
}

}  // namespace recount
