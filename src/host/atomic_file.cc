#include "host/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "host/file_lock.h"
#include "host/folders.h"
#include "host/os_error.h"
#include "host/retry.h"

namespace recount {
namespace {

constexpr const char* kDescriptors = "/proc/self/fd/";

// A file without a name goes with its process, however that ends. Not every file system has such files (NFS
// has none), nor every host a /proc.
Fd open_nameless(const std::string& folder, std::string& path) {
  Fd fd(retry([&] { return ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600); }));
  path = kDescriptors + std::to_string(fd.get());
  return fd && ::access(path.c_str(), F_OK) == 0 ? std::move(fd) : Fd();
}

// 0, or an errno: EEXIST if the name is taken. Not every file system knows RENAME_NOREPLACE; link() never
// replaces.
int rename_no_replace(const std::string& from, const std::string& to) {
  if (from.starts_with(kDescriptors)) {
    return ::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
  }
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  if (::link(from.c_str(), to.c_str()) != 0) return errno;
  ::unlink(from.c_str());
  return 0;
}

// The number keeps the name short enough for any file system that takes the final one.
constexpr std::string_view kPrefix = ".recount-", kPattern = "XXXXXX", kSuffix = ".part";

bool is_temporary_name(std::string_view name) {
  return name.size() == kPrefix.size() + kPattern.size() + kSuffix.size() && name.starts_with(kPrefix) &&
         name.ends_with(kSuffix);
}

// Is path still the name of this file?
bool names(const std::string& path, const Fd& fd) {
  struct stat by_name, open;
  return ::lstat(path.c_str(), &by_name) == 0 && ::fstat(fd.get(), &open) == 0 &&
         by_name.st_dev == open.st_dev && by_name.st_ino == open.st_ino;
}

// Whoever has the lock may take the name away: a writer has it as long as it lives. It is only about room, so
// what cannot be removed stays.
void remove_left_behind(const std::string& folder) {
  for (const std::string& name : list_folder(folder).value_or(std::vector<std::string>())) {
    if (!is_temporary_name(name)) continue;
    const std::string path = folder + "/" + name;
    Fd fd(retry([&] { return ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC); }));
    struct stat s;
    if (!fd || ::fstat(fd.get(), &s) != 0 || !S_ISREG(s.st_mode)) continue;
    if (try_lock(fd) == Lock::kTaken && names(path, fd)) ::unlink(path.c_str());
  }
}

// A new file, locked where the file system knows locks. Before it is, another writer may take it for left
// behind: then there is another try.
Result<Fd> make_temporary(const std::string& folder, std::string& path) {
  for (;;) {
    path = folder + "/" + std::string(kPrefix).append(kPattern).append(kSuffix);
    Fd fd(retry([&] { return ::mkostemps(path.data(), kSuffix.size(), O_CLOEXEC); }));
    if (!fd) return os_error(ErrorKind::kUnavailable, folder, "make a file there");
    const Lock lock = try_lock(fd);
    if (lock == Lock::kImpossible || (lock == Lock::kTaken && names(path, fd))) return fd;
  }
}

std::string numbered(const std::string& name, unsigned n) {
  if (n == 1) return name;
  size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot == 0) dot = name.size();
  return name.substr(0, dot) + "-" + std::to_string(n) + name.substr(dot);
}

}  // namespace

Result<std::unique_ptr<AtomicFile>> AtomicFile::create(const std::string& folder,
                                                       const std::string& final_name, Until until) {
  if (final_name.empty() || final_name == "." || final_name == ".." ||
      final_name.find('/') != std::string::npos || final_name.find('\0') != std::string::npos) {
    return fail(ErrorKind::kUsage, final_name + ": not a file name: give a name without '/'");
  }
  remove_left_behind(folder);
  std::string path;
  Fd fd = until == Until::kNameless ? open_nameless(folder, path) : Fd();
  if (!fd) fd = TRY(make_temporary(folder, path));
  return std::unique_ptr<AtomicFile>(new AtomicFile(folder, final_name, std::move(path), std::move(fd)));
}

AtomicFile::AtomicFile(std::string folder, std::string final_name, std::string temporary_path, Fd fd)
    : folder_(std::move(folder)),
      final_name_(std::move(final_name)),
      temporary_path_(std::move(temporary_path)),
      file_(std::move(fd), folder_ + "/" + final_name_) {}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::discard() {
  if (!gone_ && !temporary_path_.starts_with(kDescriptors)) ::unlink(temporary_path_.c_str());
  gone_ = true;
}

Result<std::string> AtomicFile::publish() {
  constexpr unsigned kTries = 10'000;
  if (auto synced = file_.sync(); !synced) return std::unexpected(synced.error());
  std::string path;
  int error = EEXIST;
  for (unsigned n = 1; n <= kTries && error == EEXIST; ++n) {
    path = folder_ + "/" + numbered(final_name_, n);
    error = rename_no_replace(temporary_path_, path);
  }
  if (error != 0)
    return fail(ErrorKind::kUnavailable, path + ": cannot name the file so: " + std::strerror(error));
  gone_ = named_ = true;
  if (auto synced = sync_folder(folder_); !synced) {
    return std::unexpected(in_context(path + ": written, but", synced.error()));
  }
  return path;
}

}  // namespace recount
