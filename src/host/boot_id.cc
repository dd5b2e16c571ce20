#include "host/boot_id.h"

#include <fstream>
#include <string>

namespace recount {

BootId boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string text;
  std::getline(file, text);
  BootId id{};
  size_t digits = 0;
  for (char c : text) {
    unsigned value;
    if (c >= '0' && c <= '9') {
      value = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value = static_cast<unsigned>(c - 'a') + 10;
    } else {
      continue;
    }
    if (digits < 2 * id.size()) id[digits / 2] = static_cast<uint8_t>(id[digits / 2] * 16u + value);
    ++digits;
  }
  return digits == 2 * id.size() ? id : BootId{};
}

}  // namespace recount
