#pragma once
// Which build this is: evidence names it, so that what made a file can be found again.

#include <string>

namespace recount {

inline constexpr const char* kToolVersion = RECOUNT_VERSION;

// The linker's build id of the running program, in hex; empty if it has none.
std::string build_id();

}  // namespace recount
