#include "host/host_info.h"

#include <fstream>
#include <sstream>
#include <string>

namespace recount {

bool has_fma() { return __builtin_cpu_supports("fma") != 0 && __builtin_cpu_supports("sse2") != 0; }

uint64_t available_memory_bytes() {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    uint64_t kilobytes = 0;
    if (words >> name >> kilobytes && name == "MemAvailable:") return kilobytes << 10;
  }
  return 0;
}

}  // namespace recount
