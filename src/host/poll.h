#pragma once
// Waiting for file descriptors.

#include <poll.h>

#include <cstdint>
#include <span>

namespace recount {

// Sleeps until one of fds is readable (or its peer gone), or timeout_ns has passed. Negative fds are left
// out. True if one is ready.
bool wait_readable(std::span<const int> fds, uint64_t timeout_ns);
bool is_readable(int fd);
// As poll(2): until one of entries has what it asks for, or timeout_ns has passed. False if that failed.
bool poll_all(std::span<pollfd> entries, uint64_t timeout_ns);

}  // namespace recount
