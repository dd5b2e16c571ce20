#pragma once
// Errors of the outside world (a file, a peer, damaged evidence) as values. Guest faults are
// Traps, our own bugs are CHECKs, a replay that differs is a Divergence: none of those is an Error.

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace recount {

// What went wrong, as the process's exit code (docs/interface.md, "Exit codes").
enum class ErrorKind : int {
  kFailure = 1,      // other failure of the tool
  kUsage = 2,        // bad usage
  kDiverged = 4,     // a replay diverged
  kVerify = 5,       // altered, cut, wrong key
  kDamaged = 65,     // no evidence, or damaged
  kUnreadable = 66,  // a named file cannot be read
  kUnavailable = 69  // something needed is not available
};

struct Error {
  ErrorKind kind = ErrorKind::kFailure;
  std::string message;  // one line: what, where, what to do
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return std::unexpected(Error{kind, std::move(message)});
}

// "cannot open" -> "vda.img: cannot open": context added on the way up.
inline Error in_context(std::string_view where, Error error) {
  error.message.insert(0, std::string(where) + ": ");
  return error;
}

}  // namespace recount

// auto header = TRY(read_header(file)); returns the error to the caller if there is one.
#define TRY(...)                                                              \
  __extension__({                                                             \
    auto try_result_ = (__VA_ARGS__);                                         \
    if (!try_result_) return std::unexpected(std::move(try_result_).error()); \
    std::move(try_result_).value();                                           \
  })
