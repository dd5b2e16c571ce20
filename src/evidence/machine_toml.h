#pragma once
// machine.toml: the machine's configuration in the words of `recount run`, which reads it with --config.

#include <string>

#include "evidence/manifest.h"

namespace recount {

std::string machine_toml(const Manifest& manifest);

}  // namespace recount
