#pragma once
// A machine's memory as crash tools read it: an ELF core as /proc/vmcore is one, with the kernel's own VMCOREINFO, which tools need to
// find anything. Kernel: Documentation/admin-guide/kdump/.

#include <optional>

#include "debug/vmcoreinfo.h"
#include "host/random_file.h"
#include "machine/machine.h"

namespace recount {

// All of RAM, and the harts' registers. info: nullopt if no Linux kernel is there; then RAM is at its physical addresses only.
// Frames of zeros are holes in the file. kUnavailable if the file cannot be written.
Result<void> write_vmcore(Machine& machine, const std::optional<Vmcoreinfo>& info, const RandomFile& file);

}  // namespace recount
