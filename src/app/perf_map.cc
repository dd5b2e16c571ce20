#include "app/perf_map.h"

#include <fmt/format.h>

#include "host/file.h"
#include "host/process.h"
#include "host/stream.h"

namespace recount {

std::string PerfMap::path_of(int pid) { return fmt::format("/tmp/perf-{}.map", pid); }

void PerfMap::translated(uint64_t physical_pc, const void* host_code, size_t size_bytes) {
  // A fork has its parent's descriptor.
  if (pid_ != own_pid()) {
    pid_ = own_pid();
    file_.reset();
    std::string path = path_of(pid_);
    if (!remove_file(path)) return;  // somebody else's
    if (auto opened = open_for_append(path)) file_ = std::move(*opened);
  }
  if (!file_) return;
  std::string line = fmt::format("{:x} {:x} jit:{:#x}\n", reinterpret_cast<uintptr_t>(host_code), size_bytes, physical_pc);
  write_all(file_.get(), {reinterpret_cast<const uint8_t*>(line.data()), line.size()});
}

void PerfMap::forgotten() {
  pid_ = 0;
  file_.reset();
}

}  // namespace recount
