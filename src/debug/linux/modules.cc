#include "debug/linux/modules.h"

#include <elf.h>

#include <algorithm>

namespace recount {
namespace {

constexpr uint64_t kMostModules = 10'000, kMostSymbols = 1 << 20, kLongestName = 512;
constexpr uint64_t kMostKinds = 16;  // of memory that a module has: enum mod_mem_type

// Not the assembler's marks ("$xrv64i2p1", ".LVL3"), of which modules are full: the kernel never calls an address by them either.
bool is_name(const std::string& name) {
  return !name.empty() && !name.starts_with('$') && !name.starts_with(".L") && std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~'; });
}

class Reader {
 public:
  explicit Reader(const LinuxKernel& kernel) : kernel_(kernel) {}

  std::vector<Symbol> read() {
    auto head = kernel_.address_of("modules");
    uint64_t count = 0;
    if (head) {
      kernel_.each(*head, "module.list", [&](uint64_t module) {
        read_module(module);
        return ++count < kMostModules && symbols_.size() < kMostSymbols;
      });
    }
    return std::move(symbols_);
  }

 private:
  void read_module(uint64_t module) {
    constexpr uint64_t kUnformed = 3;  // enum module_state: it is not there yet
    auto name = kernel_.text(module, "module.name");
    if (!name || !is_name(*name) || kernel_.number(module, "module.state").value_or(kUnformed) == kUnformed) return;
    read_symbols(kernel_.number(module, "module.kallsyms").value_or(0), *name);
    read_ends(module);
  }

  void read_symbols(uint64_t table, const std::string& module) {
    auto entries = kernel_.number(table, "mod_kallsyms.symtab"), count = kernel_.number(table, "mod_kallsyms.num_symtab");
    auto names = kernel_.number(table, "mod_kallsyms.strtab"), types = kernel_.number(table, "mod_kallsyms.typetab");
    if (!entries || !count || !names || !types) return;
    for (uint64_t i = 0; i < *count && symbols_.size() < kMostSymbols; ++i) {
      Elf64_Sym entry;
      auto type = kernel_.view().read<char>(*types + i);
      if (!kernel_.view().read(*entries + i * sizeof entry, {reinterpret_cast<uint8_t*>(&entry), sizeof entry}) || !type) return;
      auto name = kernel_.view().read_text(*names + entry.st_name, kLongestName);
      if (name && is_name(*name)) symbols_.push_back({*name, entry.st_value, *type, module});
    }
  }

  // What lies behind a module is none of its functions.
  void read_ends(uint64_t module) {
    auto all = kernel_.field("module.mem");
    auto one = kernel_.size_of("module_memory");
    if (!all || !one || *one == 0) return;
    for (uint64_t i = 0; i < std::min(all->size / *one, kMostKinds); ++i) {
      const uint64_t memory = module + all->offset + i * *one;
      auto base = kernel_.number(memory, "module_memory.base"), size = kernel_.number(memory, "module_memory.size");
      if (base && size && *size != 0) symbols_.push_back({"", *base + *size, '?', ""});
    }
  }

  const LinuxKernel& kernel_;
  std::vector<Symbol> symbols_;
};

}  // namespace

std::vector<Symbol> module_symbols(const LinuxKernel& kernel) { return Reader(kernel).read(); }

}  // namespace recount
