#include "base/build_info.h"

#include <elf.h>
#include <link.h>

#include "base/bytes.h"

namespace recount {
namespace {

// The first object is the program itself. dl_iterate_phdr(3); ELF notes are name size, size, type, name,
// bytes.
int find_build_id(dl_phdr_info* info, size_t, void* out) {
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& header = info->dlpi_phdr[i];
    if (header.p_type != PT_NOTE) continue;
    ByteReader r({reinterpret_cast<const uint8_t*>(info->dlpi_addr + header.p_vaddr), header.p_memsz});
    while (r.ok() && r.remaining() > 0) {
      auto name_size = r.fixed<uint32_t>(), size = r.fixed<uint32_t>(), type = r.fixed<uint32_t>();
      auto padded = [](uint32_t n) { return (static_cast<size_t>(n) + 3) / 4 * 4; };
      ByteView name = r.raw(padded(name_size)), bytes = r.raw(padded(size));
      bool gnu = name_size == 4 && name.size() == 4 && std::memcmp(name.data(), "GNU", 4) == 0;
      if (!gnu || type != NT_GNU_BUILD_ID) continue;
      constexpr const char* kHex = "0123456789abcdef";
      for (uint8_t b : bytes.first(std::min<size_t>(size, bytes.size()))) {
        *static_cast<std::string*>(out) += {kHex[b >> 4], kHex[b & 15]};
      }
      return 1;
    }
  }
  return 1;
}

}  // namespace

std::string build_id() {
  std::string id;
  ::dl_iterate_phdr(find_build_id, &id);
  return id;
}

}  // namespace recount
