#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace recount {
namespace {
thread_local const CheckContext* t_context = nullptr;
}

void set_check_context(const CheckContext* context) { t_context = context; }

void check_failed(const char* expression, const char* file, int line) {
  if (t_context != nullptr) {
    std::fprintf(stderr, "recount: CHECK failed: %s at %s:%d (position %llu, pc 0x%llx)\n", expression, file,
                 line, t_context->position(), t_context->pc());
  } else {
    std::fprintf(stderr, "recount: CHECK failed: %s at %s:%d\n", expression, file, line);
  }
  std::abort();
}

}  // namespace recount
