#pragma once
// Names for translated code in gdb: "JIT Compilation Interface" of its manual. Each block is given to it as a small
// ELF file in memory that has one symbol, jit_PHYSPC.

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "engine/jit/code_observer.h"

// The names, types and values are gdb's.
extern "C" {
struct jit_code_entry {
  jit_code_entry* next_entry;
  jit_code_entry* prev_entry;
  const char* symfile_addr;
  uint64_t symfile_size;
};
struct jit_descriptor {
  uint32_t version;
  uint32_t action_flag;  // 1: relevant_entry is new; 2: it is going
  jit_code_entry* relevant_entry;
  jit_code_entry* first_entry;
};
extern jit_descriptor __jit_debug_descriptor;
}

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
