#include "host/random_access_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace recount {
namespace {

std::unexpected<Error> cannot(const std::string& path, const char* what, int reason, ErrorKind kind) {
  return fail(kind, path + ": cannot " + what + ": " + std::strerror(reason));
}

}  // namespace

Result<RandomAccessFile> RandomAccessFile::open(const std::string& path, FileMode mode) {
  int flags = O_CLOEXEC | O_NONBLOCK | (mode == FileMode::kRead ? O_RDONLY : O_RDWR);
  if (mode == FileMode::kReplace) flags |= O_CREAT | O_TRUNC;
  Fd fd(::open(path.c_str(), flags, 0644));
  if (!fd) return cannot(path, "open", errno, ErrorKind::kUnreadable);
  struct stat s;
  if (::fstat(fd.get(), &s) != 0) return cannot(path, "open", errno, ErrorKind::kUnreadable);
  if (S_ISDIR(s.st_mode)) return cannot(path, "open", EISDIR, ErrorKind::kUnreadable);
  if (!S_ISREG(s.st_mode)) return fail(ErrorKind::kUnreadable, path + ": cannot open: it is no regular file");
  return RandomAccessFile(std::move(fd), path);
}

Result<RandomAccessFile> RandomAccessFile::temporary(const std::string& folder) {
  Fd fd(::open(folder.c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC, 0600));
  if (!fd) {  // not every file system has O_TMPFILE
    std::string pattern = folder + "/recount.XXXXXX";
    fd = Fd(::mkostemp(pattern.data(), O_CLOEXEC));
    if (!fd) return cannot(folder, "make a temporary file", errno, ErrorKind::kUnavailable);
    ::unlink(pattern.c_str());
  }
  return RandomAccessFile(std::move(fd), folder + "/(temporary)");
}

Result<FileIdentity> RandomAccessFile::identity() const {
  struct stat s;
  if (::fstat(fd_.get(), &s) != 0) return cannot(path_, "examine", errno, ErrorKind::kUnreadable);
  return FileIdentity{.size_bytes = static_cast<uint64_t>(s.st_size),
                      .mtime_ns = static_cast<uint64_t>(s.st_mtim.tv_sec) * 1'000'000'000 +
                                  static_cast<uint64_t>(s.st_mtim.tv_nsec),
                      .inode = s.st_ino};
}

Result<uint64_t> RandomAccessFile::allocated_bytes() const {
  struct stat s;
  if (::fstat(fd_.get(), &s) != 0) return cannot(path_, "examine", errno, ErrorKind::kUnreadable);
  return static_cast<uint64_t>(s.st_blocks) * 512;
}

Result<void> RandomAccessFile::read(uint64_t offset, std::span<uint8_t> out) const {
  while (!out.empty()) {
    ssize_t got = ::pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot(path_, "read", errno, ErrorKind::kUnreadable);
    if (got == 0) return fail(ErrorKind::kUnreadable, path_ + ": cannot read: it ends too early");
    out = out.subspan(static_cast<size_t>(got));
    offset += static_cast<uint64_t>(got);
  }
  return {};
}

Result<void> RandomAccessFile::write(uint64_t offset, ByteView bytes) const {
  while (!bytes.empty()) {
    ssize_t put = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return cannot(path_, "write", put < 0 ? errno : EIO, ErrorKind::kUnavailable);
    bytes = bytes.subspan(static_cast<size_t>(put));
    offset += static_cast<uint64_t>(put);
  }
  return {};
}

Result<void> RandomAccessFile::resize(uint64_t size_bytes) const {
  if (::ftruncate(fd_.get(), static_cast<off_t>(size_bytes)) != 0) {
    return cannot(path_, "resize", errno, ErrorKind::kUnavailable);
  }
  return {};
}

Result<bool> RandomAccessFile::allocate(uint64_t offset, uint64_t size_bytes) const {
  if (size_bytes == 0) return true;
  int result;
  do {
    result = ::fallocate(fd_.get(), 0, static_cast<off_t>(offset), static_cast<off_t>(size_bytes));
  } while (result != 0 && errno == EINTR);
  if (result == 0) return true;
  if (errno == EOPNOTSUPP || errno == ENOSYS) return false;
  return cannot(path_, "get space", errno, ErrorKind::kUnavailable);
}

Result<void> RandomAccessFile::sync() const {
  if (::fdatasync(fd_.get()) != 0) return cannot(path_, "sync", errno, ErrorKind::kUnavailable);
  return {};
}

}  // namespace recount
