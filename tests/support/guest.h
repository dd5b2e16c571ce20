#pragma once
// The guest that scripts/guest makes: where it is, and its files.

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "base/check.h"
#include "host/file.h"

namespace recount::test {

inline std::string guest_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache != '\0') return std::string(cache) + "/recount/guest";
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "" : home) + "/.cache/recount/guest";
}

inline bool has_guest() { return std::filesystem::exists(guest_folder() + "/initramfs.cpio.gz"); }

inline Bytes guest_file(const std::string& name) {
  auto bytes = read_file(guest_folder() + "/" + name);
  CHECK(bytes.has_value());
  return std::move(*bytes);
}

}  // namespace recount::test
