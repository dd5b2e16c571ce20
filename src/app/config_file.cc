#include "app/config_file.h"

#include <sstream>

#include "host/file.h"

namespace recount {

// CLI11's own set_config() works for a program's options only, and leaves those of a verb alone without a
// word.
Result<void> apply_config_file(CLI::App& verb, const std::string& path) {
  Bytes bytes = TRY(read_file(path));
  std::istringstream text(std::string(bytes.begin(), bytes.end()));
  try {
    for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_config(text)) {
      CLI::Option* option = item.parents.empty() ? verb.get_option_no_throw("--" + item.name) : nullptr;
      if (option == nullptr || !option->get_configurable()) {
        return fail(ErrorKind::kUsage, path + ": " + item.fullname() + ": no option of " + verb.get_name());
      }
      if (option->count() > 0) continue;
      option->add_result(item.inputs);
      option->run_callback();
    }
  } catch (const CLI::Error& e) {
    return fail(ErrorKind::kUsage, path + ": " + e.what());
  }
  return {};
}

Result<std::string> config_text(const CLI::App& verb) {
  std::string text;
  std::istringstream all(verb.config_to_str(true, false));
  for (std::string line; std::getline(all, line);) {
    // What was not given and has no default: to say so would be to give it.
    const CLI::Option* option = line.ends_with("=\"\"") ? verb.get_option_no_throw("--" + line.substr(0, line.size() - 3)) : nullptr;
    if (option == nullptr || option->count() > 0) text += line + "\n";
  }
  // CLI11 has no escapes: what it would not read as it wrote it, is not written.
  std::istringstream back(text);
  try {
    for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_config(back)) {
      const CLI::Option* option = verb.get_option_no_throw("--" + item.name);
      bool same = option != nullptr && (option->count() == 0 || option->results() == item.inputs);
      if (!same) return fail(ErrorKind::kUsage, "--" + item.name + ": holds a character that no configuration file can");
    }
  } catch (const CLI::Error& e) {
    return fail(ErrorKind::kUsage, std::string("no configuration file can hold these options: ") + e.what());
  }
  return text;
}

}  // namespace recount
