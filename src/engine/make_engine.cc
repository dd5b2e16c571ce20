#include "engine/make_engine.h"

#include "engine/interp/interpreter.h"
#include "engine/jit/jit.h"

namespace recount {

std::unique_ptr<Engine> make_engine(EngineKind kind, Hart& hart, Timebase& time, Ram& ram, const JitOptions& jit) {
  if (kind == EngineKind::kJit) return std::make_unique<Jit>(hart, time, ram, jit);
  return std::make_unique<Interpreter>(hart, time, ram, caching_of(kind));
}

}  // namespace recount
