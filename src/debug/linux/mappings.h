#pragma once
// What a Linux process has mapped, as /proc/PID/maps shows it.

#include <string>
#include <vector>

#include "debug/linux/linux_kernel.h"

namespace recount {

struct ProcessMapping {
  uint64_t begin = 0, end = 0;  // virtual
  std::string permissions;      // "r-xp"
  uint64_t file_offset = 0;     // bytes
  std::string path;             // of the file, within the file system that it is in; "[heap]", "[stack]", "[vdso]", or empty. The guest's word
};

struct ProcessMappings {
  std::vector<ProcessMapping> mappings;  // by address
  bool whole = true;                     // false: the kernel's tree of them is broken
};

// Of the task at this address; none of a thread of the kernel's. kUnavailable if the kernel does not tell its types.
Result<ProcessMappings> mappings_of(const LinuxKernel& kernel, uint64_t task);

}  // namespace recount
