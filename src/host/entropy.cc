#include "host/entropy.h"

#include <sys/random.h>

#include "base/check.h"
#include "host/retry.h"

namespace recount {

std::array<uint8_t, 32> random_seed() {
  std::array<uint8_t, 32> seed;
  // Up to 256 bytes come whole once the pool is initialised. getrandom(2).
  CHECK(retry([&] { return ::getrandom(seed.data(), seed.size(), 0); }) == static_cast<long>(seed.size()));
  return seed;
}

}  // namespace recount
