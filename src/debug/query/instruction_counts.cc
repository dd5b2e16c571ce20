#include "debug/query/instruction_counts.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/address.h"
#include "hart/status.h"

namespace recount {

CodeAddress code_address_of(const Step& step) {
  return {step.pc, step.privilege == Privilege::kUser ? step.satp : 0};
}

std::string function_name(const Symbols& symbols, const CodeAddress& at) {
  if (at.space != 0) return fmt::format("[user {:#x}]", at.space & satp::kPpnMask);
  std::string name = symbols.name_at(at.pc);
  return name.empty() ? fmt::format("[{:#x}]", at.pc & ~kPageMask) : name;
}

void InstructionCounts::add(const Step& step) {
  if (step.trap) {
    ++traps_;
    return;
  }
  ++steps_;
  const CodeAddress at = code_address_of(step);
  if (auto found = counts_.find(at); found != counts_.end()) {
    ++found->second;
  } else if (counts_.size() < kMostPcs) {
    counts_.emplace(at, 1);
  } else {
    ++unplaced_;
  }
}

std::vector<FunctionCount> InstructionCounts::by_function(const Symbols& symbols) const {
  std::unordered_map<std::string, FunctionCount> functions;
  for (const auto& [at, count] : counts_) {
    FunctionCount& function = functions[function_name(symbols, at)];
    function.address = function.pcs == 0 ? at.pc : std::min(function.address, at.pc);
    function.steps += count;
    ++function.pcs;
  }
  std::vector<FunctionCount> sorted;
  for (auto& [name, function] : functions) {
    function.name = name;
    sorted.push_back(std::move(function));
  }
  std::ranges::sort(sorted, [](const FunctionCount& a, const FunctionCount& b) {
    return a.steps != b.steps ? a.steps > b.steps : a.name < b.name;
  });
  return sorted;
}

}  // namespace recount
