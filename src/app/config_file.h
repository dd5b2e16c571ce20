#pragma once
// A verb's options out of a file: `name=value`, as an evidence file's machine.toml has them. What is given on
// the command line counts more.

#include <CLI/CLI.hpp>
#include <string>

#include "base/result.h"

namespace recount {

// Call when the command line has been parsed. kUnreadable if the file is not there, kUsage for what the verb
// does not know.
Result<void> apply_config_file(CLI::App& verb, const std::string& path);

// All of the verb's options as they stand, as such a file. kUsage if one holds what a file cannot say.
Result<std::string> config_text(const CLI::App& verb);

}  // namespace recount
