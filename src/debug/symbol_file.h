#pragma once
// Symbols as a file that gdb, perf and others read: an ELF of the guest's architecture with a symbol table and nothing else.

#include "base/bytes.h"
#include "debug/symbols.h"

namespace recount {

// symbols are not empty.
Bytes symbol_file(const Symbols& symbols);

}  // namespace recount
