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

}  // namespace recount
