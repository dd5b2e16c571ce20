#pragma once
// --engine, the same in every verb.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/engine_kind.h"

namespace recount {

// Where the JIT tells what it translates: stderr if RECOUNT_LOG names "engine", otherwise nowhere.
inline std::FILE* engine_log() {
  const char* log = std::getenv("RECOUNT_LOG");
  return log != nullptr && std::string_view(log).find("engine") != std::string_view::npos ? stderr : nullptr;
}

inline void add_engine_option(CLI::App& verb, EngineKind& engine) {
  verb.add_option_function<std::string>(
          "--engine", [&engine](const std::string& name) { engine = *engine_named(name); },
          "jit, interp, or reference: the slow oracle. RECOUNT_LOG=engine tells what the JIT translates")
      ->check(CLI::IsMember({"jit", "interp", "reference"}))
      ->default_str(engine_name(engine));
}

}  // namespace recount
