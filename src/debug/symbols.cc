#include "debug/symbols.h"

#include <fmt/format.h>

#include <algorithm>

#include "debug/text.h"

namespace recount {

Symbols::Symbols(std::vector<Symbol> symbols) : symbols_(std::move(symbols)) {
  std::ranges::stable_sort(symbols_, {}, &Symbol::address);
}

std::optional<uint64_t> Symbols::address_of(std::string_view name) const {
  std::optional<uint64_t> in_module;
  for (const Symbol& symbol : symbols_) {
    if (symbol.name != name || name.empty()) continue;
    if (symbol.module.empty()) return symbol.address;
    if (!in_module) in_module = symbol.address;
  }
  return in_module;
}

std::optional<uint64_t> Symbols::place_in(std::string_view text) const {
  if (auto address = number_in(text)) return address;
  const size_t plus = text.find('+');
  auto symbol = address_of(text.substr(0, plus));
  auto offset = plus == std::string_view::npos ? 0 : number_in(text.substr(plus + 1));
  if (!symbol || !offset) return std::nullopt;
  return *symbol + *offset;
}

std::string Symbols::describe(uint64_t address) const { return describe(address, address); }

std::string Symbols::describe_return(uint64_t address) const { return describe(address, address - 1); }

// nullptr: outside of the symbols.
const Symbol* Symbols::symbol_at(uint64_t address) const {
  auto behind = std::ranges::upper_bound(symbols_, address, {}, &Symbol::address);
  // The last one has no known end.
  if (behind == symbols_.begin() || behind == symbols_.end()) return nullptr;
  auto first = std::ranges::lower_bound(symbols_, std::prev(behind)->address, {}, &Symbol::address);
  // An end may be where something else begins.
  first = std::find_if(first, behind, [](const Symbol& s) { return !s.name.empty(); });
  return first == behind ? nullptr : &*first;
}

std::string Symbols::name_at(uint64_t address) const {
  const Symbol* symbol = symbol_at(address);
  return symbol == nullptr ? "" : symbol->module.empty() ? symbol->name : fmt::format("{} [{}]", symbol->name, symbol->module);
}

// By the symbol that within belongs to.
std::string Symbols::describe(uint64_t address, uint64_t within) const {
  const Symbol* symbol = symbol_at(within);
  if (symbol == nullptr) return "";
  std::string name = address == symbol->address ? symbol->name : fmt::format("{}+{:#x}", symbol->name, address - symbol->address);
  return symbol->module.empty() ? name : fmt::format("{} [{}]", name, symbol->module);
}

namespace {

std::string with_name(uint64_t address, const std::string& name) {
  return name.empty() ? fmt::format("{:#x}", address) : fmt::format("{:#x} <{}>", address, name);
}

}  // namespace

std::string Symbols::named(uint64_t address) const { return with_name(address, describe(address)); }
std::string Symbols::named_return(uint64_t address) const { return with_name(address, describe_return(address)); }

}  // namespace recount
