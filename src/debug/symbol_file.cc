#include "debug/symbol_file.h"

#include <algorithm>

#include "debug/riscv_elf.h"

namespace recount {
namespace {

enum Section : uint16_t { kNull, kText, kData, kSymbols, kStrings, kSectionCount };

constexpr std::string_view kSectionNames("\0.text\0.data\0.symtab\0.strtab", 28);
constexpr uint32_t kNameOf[kSectionCount] = {0, 1, 7, 13, 21};

}  // namespace

// Code and data have a section each, without contents, so that a debugger reads the guest's memory and not this file.
Bytes symbol_file(const Symbols& symbols) {
  const std::vector<Symbol>& all = symbols.all();
  auto code_end = std::find_if(all.rbegin(), all.rend(), [](const Symbol& s) { return s.is_code(); });
  auto code = std::ranges::find_if(all, [](const Symbol& s) { return s.is_code(); });
  const uint64_t text_begin = code == all.end() ? 0 : code->address;
  const uint64_t text_end = code == all.end() ? 0 : code_end->address + 4;

  std::string strings(kSectionNames);
  Bytes table;
  append_struct(table, Elf64_Sym{});
  for (size_t i = 0; i < all.size(); ++i) {
    const Symbol& s = all[i];
    if (s.name.empty()) continue;
    Elf64_Sym entry{};
    entry.st_name = static_cast<uint32_t>(strings.size());
    entry.st_info = ELF64_ST_INFO(STB_GLOBAL, s.is_code() ? STT_FUNC : STT_OBJECT);
    bool in_text = s.address >= text_begin && s.address < text_end;
    entry.st_shndx = in_text ? kText : kData;
    entry.st_value = s.address;
    entry.st_size = i + 1 < all.size() ? all[i + 1].address - s.address : 0;
    append_struct(table, entry);
    strings += s.name;
    strings += '\0';
  }

  Elf64_Ehdr header = riscv_elf_header(ET_EXEC);
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = kSectionCount;
  header.e_shstrndx = kStrings;
  header.e_shoff = sizeof header;

  Elf64_Shdr sections[kSectionCount] = {};
  for (size_t i = 0; i < kSectionCount; ++i) sections[i].sh_name = kNameOf[i];
  const uint64_t contents = sizeof header + sizeof sections;
  auto section = [&](Section which, uint32_t type, uint64_t flags, uint64_t address, uint64_t offset, uint64_t size) -> Elf64_Shdr& {
    Elf64_Shdr& s = sections[which];
    s.sh_type = type;
    s.sh_flags = flags;
    s.sh_addr = address;
    s.sh_offset = offset;
    s.sh_size = size;
    s.sh_addralign = 1;
    return s;
  };
  section(kText, SHT_NOBITS, SHF_ALLOC | SHF_EXECINSTR, text_begin, contents, text_end - text_begin);
  section(kData, SHT_NOBITS, SHF_ALLOC | SHF_WRITE, text_end, contents, all.back().address - std::min(text_end, all.back().address) + 8);
  Elf64_Shdr& table_section = section(kSymbols, SHT_SYMTAB, 0, 0, contents, table.size());
  table_section.sh_link = kStrings;
  table_section.sh_info = 1;  // the first global symbol
  table_section.sh_entsize = sizeof(Elf64_Sym);
  section(kStrings, SHT_STRTAB, 0, 0, contents + table.size(), strings.size());

  Bytes file;
  append_struct(file, header);
  append_struct(file, sections);
  file.insert(file.end(), table.begin(), table.end());
  file.insert(file.end(), strings.begin(), strings.end());
  return file;
}

}  // namespace recount
