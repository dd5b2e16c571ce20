#include "support/random_value.h"

#include <iterator>

namespace recount::test {

uint64_t random_value(Random& random) {
  // Integers where something changes; doubles and boxed singles: zeroes, ones, ends of exponents and of integers, NaNs.
  constexpr uint64_t kSpecial[] = {
      0, 1, 2, ~0ull, 1ull << 63, ~(1ull << 63), 0x80000000, 0x7fffffff, 0xffffffff80000000, 0x100000000, 0x7ff0000000000000,
      0xfff0000000000000, 0x7ff8000000000000, 0x7ff0000000000001, 0xfff8000000000000, 0xffffffff7f800000, 0xffffffffff800000,
      0xffffffffffc00001, 0xffffffff7f800001, 0xffffffff7fc00000, 0xffffffff00000001, 0x0010000000000000, 0x000fffffffffffff,
      0x7fefffffffffffff, 0x3ff0000000000000, 0xbff0000000000000, 0x3fe0000000000000, 0xffffffff3f800000, 0xffffffffbf800000,
      0xffffffff00800000, 0xffffffff007fffff, 0xffffffff7f7fffff, 0xffffffff80000000, 0x8000000000000000, 0x43e0000000000000,
      0xc3e0000000000000, 0x43f0000000000000, 0x41dfffffffc00000, 0xffffffff5f000000, 0xffffffff4f000000, 0xffffffffcf000000,
      0xffffffff4f800000, 0x3810000000000000, 0x47efffffe0000000, 0x36a0000000000000};
  auto special = [&] { return kSpecial[below(random, std::size(kSpecial))]; };
  switch (below(random, 6)) {
    case 0:
    case 1: return special();
    case 2: return random();
    case 3: return random() >> below(random, 64);
    case 4: return 0xffffffff00000000 | random();  // a single
    default: break;
  }
  uint64_t beside = special() + below(random, 5) - 2;
  return chance(random, 30) ? beside ^ 1ull << 63 : beside;
}

}  // namespace recount::test
