#include "host/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "host/folders.h"
#include "host/os_error.h"

namespace recount {
namespace {

constexpr const char* kDescriptors = "/proc/self/fd/";

// A file without a name goes with its process, however that ends. Not every file system has such files (NFS
// has none), nor every host a /proc.
Fd open_nameless(const std::string& folder, std::string& path) {
  Fd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
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

std::string numbered(const std::string& name, unsigned n) {
  if (n == 1) return name;
  size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot == 0) dot = name.size();
  return name.substr(0, dot) + "-" + std::to_string(n) + name.substr(dot);
}

}  // namespace

Result<std::unique_ptr<AtomicFile>> AtomicFile::create(const std::string& folder,
                                                       const std::string& final_name) {
  if (final_name.empty() || final_name == "." || final_name == ".." ||
      final_name.find('/') != std::string::npos || final_name.find('\0') != std::string::npos) {
    return fail(ErrorKind::kUsage, final_name + ": not a file name: give a name without '/'");
  }
  std::string path;
  Fd fd = open_nameless(folder, path);
  if (!fd) {
    // The number keeps the name short enough for any file system that takes the final one.
    path = folder + "/.recount-XXXXXX.part";
    fd = Fd(::mkostemps(path.data(), 5, O_CLOEXEC));
  }
  if (!fd) {
    return os_error(ErrorKind::kUnavailable, folder, "make a file there");
  }
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
  gone_ = true;
  if (auto synced = sync_folder(folder_); !synced) {
    return std::unexpected(in_context(path + ": written, but", synced.error()));
  }
  return path;
}

}  // namespace recount
