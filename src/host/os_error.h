#pragma once
// Errors of system calls, in one form: "what: cannot do: the system's reason".

#include <string_view>

#include "base/result.h"

namespace recount {

// Of errno: "a.img: cannot open: Permission denied" from ("a.img", "open").
std::unexpected<Error> os_error(ErrorKind kind, std::string_view what, std::string_view cannot);

}  // namespace recount
