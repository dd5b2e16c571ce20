#pragma once
// What may be chosen about the JIT. None of it can be seen in a guest.

#include <cstddef>
#include <cstdio>

#include "engine/jit/code_observer.h"

namespace recount {

struct JitOptions {
  unsigned hot_after = 16;        // entries of a block by the interpreter before it is translated; at most 255. docs/performance.md
  unsigned most_steps = 64;       // of a block; at most 64
  size_t code_bytes = 128u << 20;  // of host code, at least 72 KiB; when it is full, all is forgotten
  std::FILE* log = nullptr;       // gets every block's IR as it is translated, and at the end a line of figures
  CodeObserver* observer = nullptr;  // outlives the engine
};

}  // namespace recount
