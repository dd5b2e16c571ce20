#include "machine/random_generator.h"

#include <sodium.h>

#include <algorithm>

namespace recount {

void RandomGenerator::entropy(std::span<uint8_t> out) {
  static_assert(crypto_stream_chacha20_KEYBYTES == sizeof(key_));
  constexpr uint64_t kBlockSize = 64;
  constexpr std::array<uint8_t, crypto_stream_chacha20_NONCEBYTES> kNonce{};
  std::ranges::fill(out, uint8_t{0});
  crypto_stream_chacha20_xor_ic(out.data(), out.data(), out.size(), kNonce.data(), next_block_, key_.data());
  next_block_ += (out.size() + kBlockSize - 1) / kBlockSize;
}

}  // namespace recount
