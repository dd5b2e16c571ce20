#pragma once
// A call of the OS that a signal interrupted is made again: nobody above host/ hears of EINTR.

#include <cerrno>

namespace recount {

// call returns below 0 and sets errno where it fails.
template <class Call>
auto retry(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

}  // namespace recount
