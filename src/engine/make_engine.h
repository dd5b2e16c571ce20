#pragma once
// The engine of a kind, for one hart.

#include <memory>

#include "engine/engine.h"
#include "engine/engine_kind.h"
#include "engine/jit/jit_options.h"
#include "hart/hart.h"

namespace recount {

// Whether the hart's Mmu is to cache for this engine.
inline Caching caching_of(EngineKind kind) { return kind == EngineKind::kReference ? Caching::kOff : Caching::kOn; }

// The hart's Mmu must have been made with caching_of(kind). All arguments outlive the engine.
std::unique_ptr<Engine> make_engine(EngineKind kind, Hart& hart, Timebase& time, Ram& ram, const JitOptions& jit);

}  // namespace recount
