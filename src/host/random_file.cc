#include "host/random_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "host/os_error.h"
#include "host/retry.h"

namespace recount {
namespace {

constexpr auto kUnreadable = ErrorKind::kUnreadable;
constexpr auto kUnavailable = ErrorKind::kUnavailable;

Result<struct stat> status_of(const RandomFile& file) {
  struct stat s;
  if (::fstat(file.fd(), &s) != 0) return os_error(kUnreadable, file.path(), "examine");
  return s;
}

}  // namespace

Result<RandomFile> RandomFile::open(const std::string& path, FileMode mode) {
  // O_NONBLOCK: a FIFO of that name must not make us wait for its other end.
  int flags = O_CLOEXEC | O_NONBLOCK | (mode == FileMode::kRead ? O_RDONLY : O_RDWR);
  if (mode == FileMode::kReplace) flags |= O_CREAT | O_TRUNC;
  Fd fd(retry([&] { return ::open(path.c_str(), flags, 0644); }));
  if (!fd) return os_error(kUnreadable, path, "open");
  RandomFile file(std::move(fd), path);
  const auto type = TRY(status_of(file)).st_mode & S_IFMT;
  if (type == S_IFDIR) {
    errno = EISDIR;
    return os_error(kUnreadable, path, "open");
  }
  if (type != S_IFREG) return fail(kUnreadable, path + ": cannot open: it is no regular file");
  return file;
}

Result<RandomFile> RandomFile::temporary(const std::string& folder) {
  Fd fd(retry([&] { return ::open(folder.c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC, 0600); }));
  if (!fd) {  // not every file system has O_TMPFILE
    std::string pattern = folder + "/recount.XXXXXX";
    fd = Fd(retry([&] { return ::mkostemp(pattern.data(), O_CLOEXEC); }));
    if (!fd) return os_error(kUnavailable, folder, "make a temporary file");
    ::unlink(pattern.c_str());
  }
  return RandomFile(std::move(fd), folder + "/(temporary)");
}

Result<RandomFile> RandomFile::in_memory(ByteView bytes) {
  Fd fd(::memfd_create("recount", MFD_CLOEXEC));
  if (!fd) return os_error(kUnavailable, "memory", "make a file of it");
  RandomFile file(std::move(fd), "(memory)");
  TRY(file.write(0, bytes));
  return file;
}

Result<uint64_t> RandomFile::size() const { return static_cast<uint64_t>(TRY(status_of(*this)).st_size); }

Result<FileIdentity> RandomFile::identity() const {
  const auto s = TRY(status_of(*this));
  return FileIdentity{.size_bytes = static_cast<uint64_t>(s.st_size),
                      .mtime_ns = static_cast<uint64_t>(s.st_mtim.tv_sec) * 1'000'000'000 +
                                  static_cast<uint64_t>(s.st_mtim.tv_nsec),
                      .inode = s.st_ino};
}

Result<uint64_t> RandomFile::allocated_bytes() const {
  return static_cast<uint64_t>(TRY(status_of(*this)).st_blocks) * 512;
}

Result<void> RandomFile::read(uint64_t offset, std::span<uint8_t> out) const {
  if (TRY(read_up_to_end(offset, out)) != out.size()) {
    return fail(kUnreadable, path_ + ": cannot read: it ends too early");
  }
  return {};
}

Result<size_t> RandomFile::read_up_to_end(uint64_t offset, std::span<uint8_t> out) const {
  size_t done = 0;
  while (done < out.size()) {
    ssize_t got = retry(
        [&] { return ::pread(fd_.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done)); });
    if (got < 0) return os_error(kUnreadable, path_, "read");
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

Result<void> RandomFile::write(uint64_t offset, ByteView bytes) const {
  while (!bytes.empty()) {
    ssize_t put =
        retry([&] { return ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
    if (put == 0) errno = EIO;
    if (put <= 0) return os_error(kUnavailable, path_, "write");
    bytes = bytes.subspan(static_cast<size_t>(put));
    offset += static_cast<uint64_t>(put);
  }
  return {};
}

Result<void> RandomFile::resize(uint64_t size_bytes) const {
  if (retry([&] { return ::ftruncate(fd_.get(), static_cast<off_t>(size_bytes)); }) != 0) {
    return os_error(kUnavailable, path_, "resize");
  }
  return {};
}

Result<bool> RandomFile::allocate(uint64_t offset, uint64_t size_bytes) const {
  if (size_bytes == 0) return true;
  int result = retry(
      [&] { return ::fallocate(fd_.get(), 0, static_cast<off_t>(offset), static_cast<off_t>(size_bytes)); });
  if (result == 0) return true;
  if (errno == EOPNOTSUPP || errno == ENOSYS) return false;
  return os_error(kUnavailable, path_, "get space");
}

Result<void> RandomFile::sync() const {
  if (retry([&] { return ::fdatasync(fd_.get()); }) != 0) return os_error(kUnavailable, path_, "sync");
  return {};
}

}  // namespace recount
