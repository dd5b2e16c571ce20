#pragma once
// The file that gdb takes the guest's symbols from, if the user has one.

#include <optional>
#include <string>

#include "debug/symbols.h"
#include "machine/machine.h"

namespace recount {

struct GdbSymbols {
  std::string path;
  uint64_t offset = 0;  // what is to be added to its addresses: where this boot has put the kernel (KASLR)
};

// path, if it may be the guest's. kernel: the symbols that its kernel carries, or none. kUsage if kernel and file have build ids and
// these differ, kUnreadable if it is no file of symbols.
Result<GdbSymbols> symbols_from_file(const std::string& path, Machine& machine, const Symbols& kernel);

// The kernel's debug file from the servers that $DEBUGINFOD_URLS names, by its build id; they keep it in debuginfod's own cache.
// kUnavailable if the kernel names none, or no server has it.
Result<GdbSymbols> symbols_from_debuginfod(Machine& machine, const Symbols& kernel);

}  // namespace recount
