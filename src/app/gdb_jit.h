#pragma once
// Names for translated code in gdb: "JIT Compilation Interface" of its manual. Each block is given to it as a small
// ELF file in memory that has one symbol, jit_PHYSPC.

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "engine/jit/code_observer.h"

namespace recount {

// An ELF file of one function, whose code lies elsewhere.
Bytes symbol_file(const std::string& name, uint64_t address, uint64_t size_bytes);

// One in a process: gdb looks for the list in one place.
class GdbJit final : public CodeObserver {
 public:
  GdbJit();
  ~GdbJit() override;

  void translated(uint64_t physical_pc, const void* host_code, size_t size_bytes) override;
  void forgotten() override;

 private:
  struct Entry;
  std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace recount
