#pragma once
// A hart's registers as gdb numbers and describes them: x0 to x31, pc, f0 to f31, the CSRs and the privilege mode. Read from the
// state at rest, whatever the hart's privilege: a debugger may see what the guest's code may not.

#include <optional>
#include <string>

#include "machine/machine.h"

namespace recount {

// gdb/riscv-tdep.h: a CSR is behind these, by its number.
inline constexpr unsigned kGdbPc = 32, kGdbFirstFloat = 33, kGdbFirstCsr = 65, kGdbPrivilege = kGdbFirstCsr + 4096;

// What qXfer:features:read gives as target.xml.
std::string gdb_target_xml();
// nullopt: there is none of this number. All have 64 bits.
std::optional<uint64_t> gdb_register(const Machine& machine, unsigned hart, uint64_t number);
// The same in the target's byte order, as digits.
std::optional<std::string> gdb_register_hex(const Machine& machine, unsigned hart, uint64_t number);
// The answer to g: x0 to x31 and pc. gdb asks for all others one by one, when somebody wants to see them.
std::string gdb_general_registers(const Machine& machine, unsigned hart);

}  // namespace recount
