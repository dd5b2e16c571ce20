#pragma once
// /tmp/perf-PID.map: perf's own convention for code that is made at run time. A line a block: start, size, name, where
// the name is "jit:" and the physical address of the guest code. Each process that translates has its own file.

#include <string>

#include "engine/jit/code_observer.h"
#include "host/fd.h"

namespace recount {

class PerfMap final : public CodeObserver {
 public:
  static std::string path_of(int pid);

  // What cannot be written is left out.
  void translated(uint64_t physical_pc, const void* host_code, size_t size_bytes) override;
  // The file starts anew: perf would find two names for one place.
  void forgotten() override;

 private:
  int pid_ = 0;  // whose file it is; 0: none yet
  Fd file_;
};

}  // namespace recount
