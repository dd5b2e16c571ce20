#include "host/folders.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "host/fd.h"
#include "host/os_error.h"
#include "host/retry.h"

namespace recount {
namespace fs = std::filesystem;

namespace {

// Empty if it is not set.
std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// $xdg/recount, else below the home folder.
std::string xdg_folder(const char* xdg, const std::string& in_home) {
  if (std::string own = variable(xdg); !own.empty()) return own + "/recount";
  std::string home = variable("HOME");
  return (home.empty() ? "/tmp" : home) + in_home + "/recount";
}

}  // namespace

std::string data_folder() {
  std::string own = variable("RECOUNT_DIR");
  return own.empty() ? xdg_folder("XDG_DATA_HOME", "/.local/share") : own;
}

std::string cache_folder() {
  std::string own = variable("RECOUNT_DIR");
  return own.empty() ? xdg_folder("XDG_CACHE_HOME", "/.cache") : own + "/cache";
}

std::string temporary_folder() {
  std::string own = variable("TMPDIR");
  return own.empty() ? "/tmp" : own;
}

std::string absolute_path(const std::string& path) {
  std::error_code error;
  auto absolute = fs::absolute(path, error);
  return error ? path : absolute.lexically_normal().string();
}

Result<void> make_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return fail(ErrorKind::kUnavailable, path + ": cannot make this folder: " + error.message());
  return {};
}

Result<std::vector<std::string>> list_folder(const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator entry;
  do {
    entry = fs::directory_iterator(path, error);
  } while (error == std::errc::interrupted);
  if (error == std::errc::no_such_file_or_directory) return names;
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) return fail(ErrorKind::kUnreadable, path + ": cannot read this folder: " + error.message());
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::string> make_private_folder(const std::string& path, const std::string& name) {
  if (auto made = make_folder(path); !made) return std::unexpected(made.error());
  std::string pattern = path + "/" + name + ".XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) {
    return os_error(ErrorKind::kUnavailable, pattern, "make this folder");
  }
  return pattern;
}

void remove_folder(const std::string& path) {
  std::error_code error;
  do {
    fs::remove_all(path, error);
  } while (error == std::errc::interrupted);
}

Result<void> sync_folder(const std::string& path) {
  Fd fd(retry([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  // Some file systems cannot sync a folder (EINVAL): then there is nothing better to do.
  if (!fd || (retry([&] { return ::fsync(fd.get()); }) != 0 && errno != EINVAL)) {
    return os_error(ErrorKind::kUnavailable, path, "sync this folder");
  }
  return {};
}

uint64_t free_bytes(const std::string& path) {
  struct statvfs s;
  if (::statvfs(path.c_str(), &s) != 0) return 0;
  return static_cast<uint64_t>(s.f_bavail) * s.f_frsize;
}

}  // namespace recount
