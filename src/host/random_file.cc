#include "host/random_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace recount {
namespace {

std::unexpected<Error> cannot(ErrorKind kind, const std::string& name, const char* what) {
  return fail(kind, name + ": cannot " + what + ": " + std::strerror(errno));
}

}  // namespace

Result<std::unique_ptr<RandomFile>> RandomFile::open(const std::string& path) {
  // O_NONBLOCK: a pipe of that name must not make us wait for its writer.
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return cannot(ErrorKind::kUnreadable, path, "open");
  struct stat s;
  if (::fstat(fd.get(), &s) != 0) return cannot(ErrorKind::kUnreadable, path, "read");
  if (!S_ISREG(s.st_mode)) return fail(ErrorKind::kUnreadable, path + ": not a regular file");
  return std::make_unique<RandomFile>(std::move(fd), path);
}

Result<std::unique_ptr<RandomFile>> RandomFile::in_memory(ByteView bytes) {
  Fd fd(::memfd_create("recount", MFD_CLOEXEC));
  if (!fd) return cannot(ErrorKind::kUnavailable, "memfd", "make");
  auto file = std::make_unique<RandomFile>(std::move(fd), "(memory)");
  if (auto written = file->write_at(0, bytes); !written) return std::unexpected(written.error());
  return file;
}

Result<uint64_t> RandomFile::size() const {
  struct stat s;
  if (::fstat(fd_.get(), &s) != 0) return cannot(ErrorKind::kUnreadable, name_, "read");
  return static_cast<uint64_t>(s.st_size);
}

Result<size_t> RandomFile::read_at(uint64_t offset, std::span<uint8_t> out) const {
  size_t done = 0;
  while (done < out.size()) {
    ssize_t got = ::pread(fd_.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot(ErrorKind::kUnreadable, name_, "read");
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

Result<void> RandomFile::write_at(uint64_t offset, ByteView bytes) {
  while (!bytes.empty()) {
    ssize_t put = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return cannot(ErrorKind::kUnavailable, name_, "write");
    offset += static_cast<uint64_t>(put);
    bytes = bytes.subspan(static_cast<size_t>(put));
  }
  return {};
}

Result<void> RandomFile::truncate(uint64_t size_bytes) {
  if (::ftruncate(fd_.get(), static_cast<off_t>(size_bytes)) != 0) {
    return cannot(ErrorKind::kUnavailable, name_, "truncate");
  }
  return {};
}

Result<void> RandomFile::sync() {
  if (::fsync(fd_.get()) != 0) return cannot(ErrorKind::kUnavailable, name_, "sync");
  return {};
}

}  // namespace recount
