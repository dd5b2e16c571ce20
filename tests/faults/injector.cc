// Preloaded into a recorder (LD_PRELOAD), this stands between all its code, libraries included, and the C library: it
// counts calls of the OS and makes one of them fail, as the environment says.
//
//   RECOUNT_FAULT_TABLE=FILE            counts go here (table.py reads it); shared by all processes, made by the first
//   RECOUNT_FAULT=PROCESS/CALL:N:FAULT  the N-th call (from 1) of this process's CALL fails; N+: that and all that follow.
//                                       PROCESS is main, primary, backup or saver; * is any, counted each for itself.
//                                       FAULT is an errno by name, or `short`: read and written is half of what is wanted.
//
// What is written behind the table's rows puts the clocks forward (table.py), back if it is negative.
// Standard error is left alone: what is wrong is to be said there.

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace {

// --- the table ---

struct Row {
  std::atomic<uint64_t> calls, injected;
  std::atomic<uint32_t> taken;  // 0 free, 1 being named, 2 named
  char process[20], call[24];
};
static_assert(sizeof(Row) == 64);
constexpr size_t kRows = 1024;

struct Table {
  Row rows[kRows];
  // How far the clocks are put forward, by a test that writes here while all is running.
  std::atomic<int64_t> realtime_ns, monotonic_ns, boottime_ns;
};

Table* g_table = nullptr;
char g_process[20] = "main";

struct Wanted {
  char process[20] = "", call[24] = "";
  uint64_t number = 0;  // 0: nothing is to fail
  bool all_that_follow = false, shorten = false;
  int error = 0;
} g_wanted;

struct NamedError {
  const char* name;
  int error;
};
constexpr NamedError kErrors[] = {
    {"EINTR", EINTR},   {"EIO", EIO},         {"ENOSPC", ENOSPC},         {"EMFILE", EMFILE},   {"ENOMEM", ENOMEM},
    {"EAGAIN", EAGAIN}, {"EACCES", EACCES},   {"EOPNOTSUPP", EOPNOTSUPP}, {"ENOSYS", ENOSYS},   {"EINVAL", EINVAL},
    {"EPIPE", EPIPE},   {"ENOLCK", ENOLCK},   {"ECONNRESET", ECONNRESET}, {"EDQUOT", EDQUOT},   {"EROFS", EROFS},
    {"ENOBUFS", ENOBUFS}, {"ECONNABORTED", ECONNABORTED},
};

[[noreturn]] void refuse(const char* why, const char* what) {
  dprintf(STDERR_FILENO, "injector: %s: %s\n", why, what);
  _exit(99);
}

void read_wanted(const char* text) {
  char number[24] = "", fault[24] = "";
  if (sscanf(text, "%19[^/]/%23[^:]:%23[^:]:%23s", g_wanted.process, g_wanted.call, number, fault) != 4) refuse("RECOUNT_FAULT", text);
  char* end = nullptr;
  g_wanted.number = strtoull(number, &end, 10);
  g_wanted.all_that_follow = *end == '+';
  g_wanted.shorten = strcmp(fault, "short") == 0;
  for (const NamedError& e : kErrors) {
    if (strcmp(fault, e.name) == 0) g_wanted.error = e.error;
  }
  if (g_wanted.number == 0 || (!g_wanted.shorten && g_wanted.error == 0)) refuse("RECOUNT_FAULT", text);
}

bool is_named(const Row& row, const char* call) { return strcmp(row.process, g_process) == 0 && strcmp(row.call, call) == 0; }

Row& row_of(const char* call) {
  for (Row& row : g_table->rows) {
    uint32_t free = 0;
    if (row.taken.compare_exchange_strong(free, 1)) {
      memcpy(row.process, g_process, sizeof row.process);
      std::string_view(call).copy(row.call, sizeof row.call - 1);
      row.taken = 2;
      return row;
    }
    while (row.taken != 2) continue;
    if (is_named(row, call)) return row;
  }
  refuse("the table is full", call);
}

// One way for a process to end that nobody may see: its parent asks for no status.
void note_crash(const char* how) {
  if (g_table != nullptr) ++row_of(how).calls;
}

void on_crash(int number) {
  char how[24] = "crash: signal NN";
  how[14] = static_cast<char>('0' + number / 10);
  how[15] = static_cast<char>('0' + number % 10);
  note_crash(how);
  signal(number, SIG_DFL);
  raise(number);
}

__attribute__((constructor)) void begin() {
  if (const char* path = getenv("RECOUNT_FAULT_TABLE")) {
    // System calls, as everything else leads back here.
    int fd = static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (fd < 0 || syscall(SYS_ftruncate, fd, sizeof(Table)) != 0) refuse("RECOUNT_FAULT_TABLE", path);
    long at = syscall(SYS_mmap, nullptr, sizeof(Table), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at < 0 && at > -4096) refuse("RECOUNT_FAULT_TABLE", path);
    syscall(SYS_close, fd);
    g_table = reinterpret_cast<Table*>(at);
    for (int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE}) signal(number, on_crash);
  }
  if (const char* text = getenv("RECOUNT_FAULT"); text != nullptr && *text != '\0') read_wanted(text);
}

// --- faults ---

// A write to an event descriptor cannot fail.
constexpr int kMostDescriptors = 1024;
bool g_is_bell[kMostDescriptors];

bool is_left_alone(int fd) { return fd == STDERR_FILENO || (fd >= 0 && fd < kMostDescriptors && g_is_bell[fd]); }

struct Fault {
  int error = 0;
  bool shorten = false;
  size_t cut(size_t size) const { return shorten && size > 1 ? size / 2 : size; }
};

Fault next_call(const char* call) {
  if (g_table == nullptr) return {};
  Row& row = row_of(call);
  uint64_t number = ++row.calls;
  bool this_process = strcmp(g_wanted.process, "*") == 0 || strcmp(g_wanted.process, g_process) == 0;
  if (g_wanted.number == 0 || !this_process || strcmp(g_wanted.call, call) != 0) return {};
  if (number != g_wanted.number && !(g_wanted.all_that_follow && number > g_wanted.number)) return {};
  ++row.injected;
  return {g_wanted.error, g_wanted.shorten};
}

template <class F>
F real(const char* name) {
  void* found = dlsym(RTLD_NEXT, name);
  if (found == nullptr) refuse("no such call", name);
  return reinterpret_cast<F>(found);
}

}  // namespace

// Under a name of its own here, as headers declare the real one in many ways; `__asm__` gives it the real one.
#define DEFINE(result, name, parameters)                                  \
  extern "C" __attribute__((visibility("default"))) result faulty_##name parameters __asm__(#name); \
  extern "C" result faulty_##name parameters

#define REAL(result, name, parameters) static const auto real_##name = real<result(*) parameters>(#name)

// A call that works or fails.
#define FAIL_OR_PASS(result, failed, name, parameters, arguments) \
  DEFINE(result, name, parameters) {                              \
    REAL(result, name, parameters);                               \
    if (Fault f = next_call(#name); f.error != 0) {               \
      errno = f.error;                                            \
      return failed;                                              \
    }                                                             \
    return real_##name arguments;                                 \
  }
#define INT_CALL(name, parameters, arguments) FAIL_OR_PASS(int, -1, name, parameters, arguments)

// A call that moves up to `size` bytes.
#define MOVING_CALL(name, parameters, ...)          \
  DEFINE(ssize_t, name, parameters) {               \
    REAL(ssize_t, name, parameters);                \
    if (is_left_alone(fd)) return real_##name(__VA_ARGS__); \
    Fault f = next_call(#name);                     \
    if (f.error != 0) {                             \
      errno = f.error;                              \
      return -1;                                    \
    }                                               \
    size = f.cut(size);                             \
    return real_##name(__VA_ARGS__);                \
  }

MOVING_CALL(read, (int fd, void* data, size_t size), fd, data, size)
MOVING_CALL(write, (int fd, const void* data, size_t size), fd, data, size)
MOVING_CALL(pread, (int fd, void* data, size_t size, off_t at), fd, data, size, at)
MOVING_CALL(pwrite, (int fd, const void* data, size_t size, off_t at), fd, data, size, at)
MOVING_CALL(send, (int fd, const void* data, size_t size, int flags), fd, data, size, flags)
MOVING_CALL(recv, (int fd, void* data, size_t size, int flags), fd, data, size, flags)

INT_CALL(open, (const char* path, int flags, mode_t mode), (path, flags, mode))
INT_CALL(openat, (int at, const char* path, int flags, mode_t mode), (at, path, flags, mode))
INT_CALL(mkostemp, (char* pattern, int flags), (pattern, flags))
INT_CALL(mkostemps, (char* pattern, int suffix, int flags), (pattern, suffix, flags))
INT_CALL(memfd_create, (const char* name, unsigned flags), (name, flags))
INT_CALL(signalfd, (int fd, const sigset_t* set, int flags), (fd, set, flags))
INT_CALL(fcntl, (int fd, int command, long argument), (fd, command, argument))
INT_CALL(ftruncate, (int fd, off_t size), (fd, size))
INT_CALL(fallocate, (int fd, int mode, off_t at, off_t size), (fd, mode, at, size))
INT_CALL(fsync, (int fd), (fd))
INT_CALL(fdatasync, (int fd), (fd))
INT_CALL(flock, (int fd, int how), (fd, how))
INT_CALL(fstat, (int fd, struct stat* out), (fd, out))
INT_CALL(lstat, (const char* path, struct stat* out), (path, out))
INT_CALL(stat, (const char* path, struct stat* out), (path, out))
INT_CALL(statvfs, (const char* path, struct statvfs* out), (path, out))
INT_CALL(access, (const char* path, int mode), (path, mode))
INT_CALL(mkdir, (const char* path, mode_t mode), (path, mode))
INT_CALL(rename, (const char* from, const char* to), (from, to))
INT_CALL(renameat2, (int at, const char* from, int to_at, const char* to, unsigned flags), (at, from, to_at, to, flags))
INT_CALL(link, (const char* from, const char* to), (from, to))
INT_CALL(linkat, (int at, const char* from, int to_at, const char* to, int flags), (at, from, to_at, to, flags))
INT_CALL(unlink, (const char* path), (path))
INT_CALL(unlinkat, (int at, const char* path, int flags), (at, path, flags))
INT_CALL(remove, (const char* path), (path))
INT_CALL(socket, (int domain, int type, int protocol), (domain, type, protocol))
INT_CALL(socketpair, (int domain, int type, int protocol, int* fds), (domain, type, protocol, fds))
INT_CALL(bind, (int fd, const sockaddr* address, socklen_t size), (fd, address, size))
INT_CALL(listen, (int fd, int backlog), (fd, backlog))
INT_CALL(connect, (int fd, const sockaddr* address, socklen_t size), (fd, address, size))
INT_CALL(accept4, (int fd, sockaddr* address, socklen_t* size, int flags), (fd, address, size, flags))
INT_CALL(ppoll, (pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask), (fds, count, timeout, mask))
INT_CALL(fork, (), ())
INT_CALL(waitpid, (int pid, int* status, int options), (pid, status, options))
INT_CALL(madvise, (void* at, size_t size, int advice), (at, size, advice))
FAIL_OR_PASS(ssize_t, -1, getrandom, (void* data, size_t size, unsigned flags), (data, size, flags))
FAIL_OR_PASS(ssize_t, -1, sendmsg, (int fd, const msghdr* message, int flags), (fd, message, flags))
FAIL_OR_PASS(ssize_t, -1, recvmsg, (int fd, msghdr* message, int flags), (fd, message, flags))
FAIL_OR_PASS(ssize_t, -1, writev, (int fd, const iovec* parts, int count), (fd, parts, count))
FAIL_OR_PASS(void*, MAP_FAILED, mmap, (void* at, size_t size, int protection, int flags, int fd, off_t offset),
             (at, size, protection, flags, fd, offset))
FAIL_OR_PASS(char*, nullptr, mkdtemp, (char* pattern), (pattern))
FAIL_OR_PASS(DIR*, nullptr, fdopendir, (int fd), (fd))
FAIL_OR_PASS(DIR*, nullptr, opendir, (const char* path), (path))
FAIL_OR_PASS(dirent*, nullptr, readdir, (DIR* folder), (folder))
FAIL_OR_PASS(FILE*, nullptr, fopen64, (const char* path, const char* mode), (path, mode))

DEFINE(int, eventfd, (unsigned count, int flags)) {
  REAL(int, eventfd, (unsigned, int));
  if (Fault f = next_call("eventfd"); f.error != 0) {
    errno = f.error;
    return -1;
  }
  int fd = real_eventfd(count, flags);
  if (fd >= 0 && fd < kMostDescriptors) g_is_bell[fd] = true;
  return fd;
}

DEFINE(int, close, (int fd)) {
  REAL(int, close, (int));
  if (fd >= 0 && fd < kMostDescriptors) g_is_bell[fd] = false;
  return real_close(fd);
}

// It gives its error instead of setting errno.
DEFINE(int, pthread_create, (pthread_t* thread, const pthread_attr_t* how, void* (*body)(void*), void* argument)) {
  REAL(int, pthread_create, (pthread_t*, const pthread_attr_t*, void* (*)(void*), void*));
  if (Fault f = next_call("pthread_create"); f.error != 0) return f.error;
  return real_pthread_create(thread, how, body, argument);
}

DEFINE(int, clock_gettime, (clockid_t clock, timespec* out)) {
  REAL(int, clock_gettime, (clockid_t, timespec*));
  int result = real_clock_gettime(clock, out);
  if (result != 0 || g_table == nullptr) return result;
  const auto* forward = clock == CLOCK_REALTIME    ? &g_table->realtime_ns
                        : clock == CLOCK_MONOTONIC ? &g_table->monotonic_ns
                        : clock == CLOCK_BOOTTIME  ? &g_table->boottime_ns
                                                   : nullptr;
  if (forward == nullptr) return result;
  constexpr int64_t kSecond_ns = 1'000'000'000;
  int64_t ns = out->tv_sec * kSecond_ns + out->tv_nsec + *forward;
  *out = {.tv_sec = ns / kSecond_ns, .tv_nsec = ns % kSecond_ns};
  return result;
}

// Which process this is.
DEFINE(int, prctl, (int option, long a, long b, long c, long d)) {
  REAL(int, prctl, (int, long, long, long, long));
  constexpr int kSetName = 15;
  if (option == kSetName) {
    std::string_view name(reinterpret_cast<const char*>(a));
    if (name.starts_with("recount-")) name.remove_prefix(8);
    size_t size = name.copy(g_process, sizeof g_process - 1);
    g_process[size] = '\0';
  }
  return real_prctl(option, a, b, c, d);
}

// A CHECK that does not hold, and exceptions that nobody catches.
DEFINE(void, abort, ()) {
  note_crash("crash: abort");
  REAL(void, abort, ());
  signal(SIGABRT, SIG_DFL);
  real_abort();
  _exit(98);
}
