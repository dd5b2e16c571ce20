#include "host/os_error.h"

#include <cerrno>
#include <cstring>

namespace recount {

std::unexpected<Error> os_error(ErrorKind kind, std::string_view what, std::string_view cannot) {
  const char* reason = std::strerror(errno);
  return fail(kind, std::string(what) + ": cannot " + std::string(cannot) + ": " + reason);
}

}  // namespace recount
