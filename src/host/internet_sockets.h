#pragma once
// The process's connections to the world.

namespace recount {

// Closes every IPv4 and IPv6 socket that this process has, whoever opened it. For a child, whose parent they belong to.
void close_internet_sockets();

}  // namespace recount
