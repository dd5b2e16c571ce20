#include "app/query_output.h"

#include <algorithm>

namespace recount {

std::string hex(uint64_t value) { return fmt::format("{:#x}", value); }

std::string value_text(const Bytes& bytes) {
  constexpr size_t kMostShown = 16;
  std::string text = "0x";
  for (size_t i = std::min(bytes.size(), kMostShown); i-- > 0;) text += fmt::format("{:02x}", bytes[i]);
  return bytes.size() > kMostShown ? text + "..." : text;
}

}  // namespace recount
