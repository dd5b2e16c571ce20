#include "app/query_output.h"

namespace recount {

std::string hex(uint64_t value) { return fmt::format("{:#x}", value); }

}  // namespace recount
