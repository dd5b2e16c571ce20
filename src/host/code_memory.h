#pragma once
// Memory for code that is made while we run, mapped twice: one view is executable and never writable, the
// other is writable and never executable (W^X). It does not survive a fork: a child that shared it would change
// its parent's code.

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/result.h"
#include "host/process.h"

namespace recount {

class CodeMemory {
 public:
  // kUnavailable if the system has no memory for it, or forbids executable memory.
  static Result<std::unique_ptr<CodeMemory>> create(size_t size_bytes);
  ~CodeMemory();
  CodeMemory(const CodeMemory&) = delete;
  CodeMemory& operator=(const CodeMemory&) = delete;

  size_t size() const { return size_; }
  const uint8_t* executable() const { return executable_; }
  uint8_t* writable() { return writable_; }

 private:
  CodeMemory(void* executable, void* writable, size_t size)
      : executable_(static_cast<uint8_t*>(executable)), writable_(static_cast<uint8_t*>(writable)), size_(size) {}
  uint8_t* executable_;
  uint8_t* writable_;
  size_t size_;
  int owner_ = own_pid();  // a child of fork has nothing here
};

}  // namespace recount
