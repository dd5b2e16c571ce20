#pragma once
// How often each instruction was carried out: what was covered, and where the steps went.

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "debug/query/stepper.h"
#include "debug/symbols.h"

namespace recount {

// An address as code runs at it: user space has its own in each address space.
struct CodeAddress {
  uint64_t pc = 0;
  uint64_t space = 0;  // satp in user mode, else 0
  bool operator==(const CodeAddress&) const = default;
};
CodeAddress code_address_of(const Step& step);

// Within a function; or within a page or an address space whose functions have no names.
struct FunctionCount {
  std::string name;
  uint64_t address = 0;  // of the lowest instruction seen
  uint64_t steps = 0;
  uint64_t pcs = 0;  // distinct ones
};

// "schedule"; where there is no name, "[user 0x81234]" by the number of the root page table, or
// "[0x80001000]" by the page.
std::string function_name(const Symbols& symbols, const CodeAddress& at);

class InstructionCounts {
 public:
  void add(const Step& step);

  uint64_t steps() const { return steps_; }  // instructions carried out
  uint64_t traps() const { return traps_; }  // and steps that entered a handler
  uint64_t pcs() const { return counts_.size(); }
  // Instructions at addresses that came when there was no more room: of hostile guests only, for whom memory
  // is bounded.
  uint64_t unplaced() const { return unplaced_; }
  // The most steps first.
  std::vector<FunctionCount> by_function(const Symbols& symbols) const;

 private:
  static constexpr size_t kMostPcs = 1 << 24;
  struct Hash {
    size_t operator()(const CodeAddress& a) const { return (a.pc >> 1 ^ a.space) * 0x9e3779b97f4a7c15; }
  };
  std::unordered_map<CodeAddress, uint64_t, Hash> counts_;
  uint64_t steps_ = 0, traps_ = 0, unplaced_ = 0;
};

}  // namespace recount
