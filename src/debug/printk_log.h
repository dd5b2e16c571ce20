#pragma once
// The kernel's log as it lies in its memory (dmesg): what was printed though no console showed it, or not yet. Kernel: struct
// printk_ringbuffer (kernel/printk/printk_ringbuffer.h).

#include <string>
#include <vector>

#include "base/result.h"
#include "debug/guest_view.h"
#include "debug/vmcoreinfo.h"

namespace recount {

struct LogRecord {
  uint64_t sequence = 0;
  uint64_t time_ns = 0;  // since the kernel's boot
  std::string text;      // may have several lines
};

// The oldest first. kUnavailable if the ring cannot be followed.
Result<std::vector<LogRecord>> printk_log(const GuestView& kernel, const Vmcoreinfo& info);

}  // namespace recount
