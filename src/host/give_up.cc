#include "host/give_up.h"

#include <cstdio>
#include <cstdlib>

namespace recount {

void give_up(const Error& error) {
  std::fflush(stdout);
  std::fprintf(stderr, "recount: %s\n", error.message.c_str());
  std::fflush(stderr);
  std::_Exit(static_cast<int>(error.kind));
}

}  // namespace recount
