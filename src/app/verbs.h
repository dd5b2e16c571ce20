#pragma once
// One function a verb: declares its options on the command line, and runs when CLI11 has parsed them.

#include <CLI/CLI.hpp>

namespace recount {

// exit_code is set by the verb that ran (docs/interface.md, "Exit codes").
void add_disk(CLI::App& app, int& exit_code);
void add_run(CLI::App& app, int& exit_code);
void add_version(CLI::App& app, int& exit_code);

}  // namespace recount
