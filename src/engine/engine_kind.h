#pragma once
// The engines, by the names that people, evidence and the command line use.

#include <cstdint>
#include <optional>
#include <string_view>

namespace recount {

enum class EngineKind : uint8_t {
  kReference,  // the oracle: an interpreter without any cache
  kInterp,     // predecoded blocks
  kJit,        // translated code for what is hot
};

inline constexpr EngineKind kDefaultEngine = EngineKind::kJit;

constexpr const char* engine_name(EngineKind kind) {
  switch (kind) {
    case EngineKind::kReference: return "reference";
    case EngineKind::kInterp: return "interp";
    case EngineKind::kJit: return "jit";
  }
  return "";
}

inline std::optional<EngineKind> engine_named(std::string_view name) {
  for (EngineKind kind : {EngineKind::kReference, EngineKind::kInterp, EngineKind::kJit}) {
    if (name == engine_name(kind)) return kind;
  }
  return std::nullopt;
}

}  // namespace recount
