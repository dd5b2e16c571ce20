#include "app/gdb_jit.h"

#include <elf.h>
#include <fmt/format.h>

#include <cstring>

extern "C" {
// gdb has a breakpoint here.
__attribute__((noinline, used)) void __jit_debug_register_code() { __asm__ volatile("" ::: "memory"); }
__attribute__((used)) jit_descriptor __jit_debug_descriptor = {1, 0, nullptr, nullptr};
}

namespace recount {
namespace {

enum Section : uint16_t { kNone, kText, kSymbols, kStrings, kSectionCount };

// What the file consists of, in this order.
struct Image {
  Elf64_Ehdr header;
  Elf64_Shdr sections[kSectionCount];
  Elf64_Sym symbols[2];
};

void tell_gdb(uint32_t action, jit_code_entry& entry) {
  __jit_debug_descriptor.action_flag = action;
  __jit_debug_descriptor.relevant_entry = &entry;
  __jit_debug_register_code();
}

}  // namespace

Bytes symbol_file(const std::string& name, uint64_t address, uint64_t size_bytes) {
  using namespace std::string_literals;
  const std::string section_names = "\0.text\0.symtab\0.strtab\0"s;
  const std::string strings = section_names + name + "\0"s;
  auto named = [&](const char* section) { return static_cast<uint32_t>(section_names.find(section)); };

  Image image{};
  std::memcpy(image.header.e_ident, ELFMAG, SELFMAG);
  image.header.e_ident[EI_CLASS] = ELFCLASS64;
  image.header.e_ident[EI_DATA] = ELFDATA2LSB;
  image.header.e_ident[EI_VERSION] = EV_CURRENT;
  image.header.e_type = ET_EXEC;  // addresses are final
  image.header.e_machine = EM_X86_64;
  image.header.e_version = EV_CURRENT;
  image.header.e_shoff = offsetof(Image, sections);
  image.header.e_ehsize = sizeof(Elf64_Ehdr);
  image.header.e_shentsize = sizeof(Elf64_Shdr);
  image.header.e_shnum = kSectionCount;
  image.header.e_shstrndx = kStrings;
  image.sections[kText] = {.sh_name = named(".text"), .sh_type = SHT_NOBITS, .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
                           .sh_addr = address, .sh_size = size_bytes, .sh_addralign = 16};
  image.sections[kSymbols] = {.sh_name = named(".symtab"), .sh_type = SHT_SYMTAB, .sh_offset = offsetof(Image, symbols),
                              .sh_size = sizeof image.symbols, .sh_link = kStrings, .sh_info = 1,
                              .sh_addralign = 8, .sh_entsize = sizeof(Elf64_Sym)};
  image.sections[kStrings] = {.sh_name = named(".strtab"), .sh_type = SHT_STRTAB, .sh_offset = sizeof(Image),
                              .sh_size = strings.size(), .sh_addralign = 1};
  image.symbols[1] = {.st_name = static_cast<uint32_t>(section_names.size()),
                      .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), .st_other = STV_DEFAULT, .st_shndx = kText,
                      .st_value = address, .st_size = size_bytes};
  Bytes file(sizeof image + strings.size());
  std::memcpy(file.data(), &image, sizeof image);
  std::memcpy(file.data() + sizeof image, strings.data(), strings.size());
  return file;
}

struct GdbJit::Entry {
  Bytes file;
  jit_code_entry entry{};
};

GdbJit::GdbJit() = default;
GdbJit::~GdbJit() { forgotten(); }

void GdbJit::translated(uint64_t physical_pc, const void* host_code, size_t size_bytes) {
  auto& made = entries_.emplace_back(std::make_unique<Entry>());
  made->file = symbol_file(fmt::format("jit_{:x}", physical_pc), reinterpret_cast<uintptr_t>(host_code), size_bytes);
  jit_code_entry* first = __jit_debug_descriptor.first_entry;
  made->entry = {.next_entry = first, .prev_entry = nullptr, .symfile_addr = reinterpret_cast<const char*>(made->file.data()),
                 .symfile_size = made->file.size()};
  if (first != nullptr) first->prev_entry = &made->entry;
  __jit_debug_descriptor.first_entry = &made->entry;
  tell_gdb(1, made->entry);
}

void GdbJit::forgotten() {
  for (auto& gone : entries_) {
    jit_code_entry& e = gone->entry;
    (e.prev_entry != nullptr ? e.prev_entry->next_entry : __jit_debug_descriptor.first_entry) = e.next_entry;
    if (e.next_entry != nullptr) e.next_entry->prev_entry = e.prev_entry;
    tell_gdb(2, e);
  }
  entries_.clear();
}

}  // namespace recount
