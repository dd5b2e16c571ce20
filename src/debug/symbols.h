#pragma once
// Names of the guest's addresses.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recount {

struct Symbol {
  std::string name;      // empty: what is before ends here
  uint64_t address = 0;  // virtual
  char type = '?';       // as nm has it: t and T are code
  std::string module;    // of a kernel's, or empty
  bool is_code() const { return type == 't' || type == 'T' || type == 'w' || type == 'W'; }
};

class Symbols {
 public:
  Symbols() = default;
  // In any order.
  explicit Symbols(std::vector<Symbol> symbols);

  bool empty() const { return symbols_.empty(); }
  // By address; of the same address, in the order they were given.
  const std::vector<Symbol>& all() const { return symbols_; }
  // The first of that name, of those in no module if there are such.
  std::optional<uint64_t> address_of(std::string_view name) const;
  // "0x80001000", "schedule" or "schedule+0x10", as people name a place.
  std::optional<uint64_t> place_in(std::string_view text) const;
  // "name+0x10", or "name", or "name+0x10 [module]"; empty outside of the symbols.
  std::string describe(uint64_t address) const;
  // What describe() gives of it without the offset: "name", "name [module]", or empty.
  std::string name_at(uint64_t address) const;
  // describe() of a return address. A call of what never returns may be the last instruction of its function.
  std::string describe_return(uint64_t address) const;

  // "0x80001000 <name+0x10>", or the number alone.
  std::string named(uint64_t address) const;
  std::string named_return(uint64_t address) const;

 private:
  const Symbol* symbol_at(uint64_t address) const;
  std::string describe(uint64_t address, uint64_t within) const;

  std::vector<Symbol> symbols_;
};

}  // namespace recount
