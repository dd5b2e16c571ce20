#pragma once
// One function a verb: declares its options on the command line, and runs when CLI11 has parsed them.

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"

namespace recount {

// exit_code is set by the verb that ran (docs/interface.md, "Exit codes").
void add_disk(CLI::App& app, int& exit_code);
void add_run(CLI::App& app, int& exit_code);
void add_replay(CLI::App& app, int& exit_code);
void add_verify(CLI::App& app, int& exit_code);
void add_info(CLI::App& app, int& exit_code);
void add_ctl(CLI::App& app, int& exit_code);
void add_ls(CLI::App& app, int& exit_code);
void add_debug(CLI::App& app, int& exit_code);
void add_export(CLI::App& app, int& exit_code);
void add_query(CLI::App& app, int& exit_code);
void add_doctor(CLI::App& app, int& exit_code);
void add_version(CLI::App& app, int& exit_code);

// When verb is the one asked for: runs body, and says an error in one line on standard error.
void run_as(CLI::App& verb, int& exit_code, std::function<Result<int>()> body);

// What somebody typed, named a file, or wrote into evidence must not command a terminal: control characters become '?'.
std::string one_line(std::string text);

// "30s", "500ms", "2m", "1h" in nanoseconds; a number alone means seconds. nullopt if it is no duration.
std::optional<uint64_t> parse_duration(const std::string& text);

}  // namespace recount
