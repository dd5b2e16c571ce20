#pragma once
// Who wants to know what host code the JIT makes: profilers and debuggers, by way of app/. It changes nothing.

#include <cstddef>
#include <cstdint>

namespace recount {

class CodeObserver {
 public:
  virtual ~CodeObserver() = default;
  // The guest code at this physical address runs from now on as these bytes of host code.
  virtual void translated(uint64_t physical_pc, const void* host_code, size_t size_bytes) = 0;
  // All host code is gone: its place will be used again.
  virtual void forgotten() = 0;
};

}  // namespace recount
