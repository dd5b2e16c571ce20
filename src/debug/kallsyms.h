#pragma once
// The symbols that a Linux kernel carries in its own memory (CONFIG_KALLSYMS): no debug file is needed, and the addresses are those that
// this boot has. Layout as scripts/kallsyms.c of Linux 6.12 has it: num_syms, names, markers, token_table, token_index, offsets,
// relative_base, each at a multiple of 8. Where they lie is found by their contents.

#include "base/bytes.h"
#include "debug/symbols.h"
#include "memory/ram.h"

namespace recount {

// ram: all of a guest's memory, or what there may be of a kernel. It is the guest's, so hostile. Empty if there is no such table.
Symbols kallsyms_in(ByteView ram);
Symbols kallsyms_in(Ram& ram);

}  // namespace recount
