#include "debug/symbols.h"

#include <fmt/format.h>

#include <algorithm>

namespace recount {

Symbols::Symbols(std::vector<Symbol> symbols) : symbols_(std::move(symbols)) {
  std::ranges::stable_sort(symbols_, {}, &Symbol::address);
}

std::optional<uint64_t> Symbols::address_of(std::string_view name) const {
  auto found = std::ranges::find(symbols_, name, &Symbol::name);
  if (found == symbols_.end()) return std::nullopt;
  return found->address;
}

std::string Symbols::describe(uint64_t address) const {
  auto behind = std::ranges::upper_bound(symbols_, address, {}, &Symbol::address);
  // The last one has no known end.
  if (behind == symbols_.begin() || behind == symbols_.end()) return "";
  auto first = std::ranges::lower_bound(symbols_, std::prev(behind)->address, {}, &Symbol::address);
  return address == first->address ? first->name : fmt::format("{}+{:#x}", first->name, address - first->address);
}

}  // namespace recount
