#pragma once
// Waiting for file descriptors.

#include <cstdint>
#include <span>

namespace recount {

// Sleeps until one of fds is readable (or its peer gone), or timeout_ns has passed. Negative fds are left
// out. True if one is ready.
bool wait_readable(std::span<const int> fds, uint64_t timeout_ns);
bool is_readable(int fd);

}  // namespace recount
