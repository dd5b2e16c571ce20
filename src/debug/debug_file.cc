#include "debug/debug_file.h"

#include <fmt/format.h>
#include <gelf.h>

#include <cstring>
#include <memory>
#include <string_view>

#include "host/random_file.h"

namespace recount {
namespace {

using ElfHandle = std::unique_ptr<Elf, decltype(&elf_end)>;

std::string build_id_in(Elf_Data& notes) {
  GElf_Nhdr note;
  size_t name = 0, contents = 0;
  for (size_t at = 0; (at = gelf_getnote(&notes, at, &note, &name, &contents)) > 0;) {
    const auto* bytes = static_cast<const uint8_t*>(notes.d_buf);
    if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != sizeof ELF_NOTE_GNU) continue;
    if (std::memcmp(bytes + name, ELF_NOTE_GNU, sizeof ELF_NOTE_GNU) != 0) continue;
    std::string hex;
    for (size_t i = 0; i < note.n_descsz; ++i) hex += fmt::format("{:02x}", bytes[contents + i]);
    return hex;
  }
  return "";
}

std::optional<uint64_t> address_of(std::string_view name, Elf* elf, const GElf_Shdr& table, Elf_Data& symbols) {
  const size_t count = table.sh_entsize == 0 ? 0 : symbols.d_size / table.sh_entsize;
  for (int i = 0; static_cast<size_t>(i) < count; ++i) {
    GElf_Sym symbol;
    if (gelf_getsym(&symbols, i, &symbol) == nullptr) break;
    const char* its = elf_strptr(elf, table.sh_link, symbol.st_name);
    if (its != nullptr && symbol.st_shndx != SHN_UNDEF && name == its) return symbol.st_value;
  }
  return std::nullopt;
}

}  // namespace

Result<DebugFile> read_debug_file(const std::string& path) {
  elf_version(EV_CURRENT);
  auto file = TRY(RandomFile::open(path, FileMode::kRead));
  ElfHandle elf(elf_begin(file.fd(), ELF_C_READ, nullptr), elf_end);
  GElf_Ehdr header;
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF || gelf_getehdr(elf.get(), &header) == nullptr) {
    return fail(ErrorKind::kUnreadable, path + ": not an ELF file");
  }
  if (header.e_machine != EM_RISCV || header.e_ident[EI_CLASS] != ELFCLASS64) {
    return fail(ErrorKind::kUnreadable, path + ": not for a riscv64 guest");
  }
  DebugFile facts;
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf.get(), section)) != nullptr;) {
    GElf_Shdr of;
    if (gelf_getshdr(section, &of) == nullptr || (of.sh_type != SHT_NOTE && of.sh_type != SHT_SYMTAB)) continue;
    Elf_Data* data = elf_getdata(section, nullptr);
    if (data == nullptr || data->d_buf == nullptr) continue;
    if (of.sh_type == SHT_NOTE && facts.build_id.empty()) facts.build_id = build_id_in(*data);
    if (of.sh_type == SHT_SYMTAB) facts.text_begin = address_of("_stext", elf.get(), of, *data);
  }
  return facts;
}

}  // namespace recount
