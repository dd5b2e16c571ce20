#pragma once
// Every random byte that the machine's devices give: ChaCha20 under a key that an event sets, so that replay
// gives the same bytes. Before the first seed the key is zero.

#include <array>

#include "device/ports.h"

namespace recount {

class RandomGenerator final : public EntropyPort {
 public:
  void seed(const std::array<uint8_t, 32>& key) {
    key_ = key;
    next_block_ = 0;
  }
  void entropy(std::span<uint8_t> out) override;

  template <class Archive>
  void state(Archive& a) {
    a("key", key_);
    a("next_block", next_block_);
  }

 private:
  std::array<uint8_t, 32> key_{};
  uint64_t next_block_ = 0;  // of 64 bytes; each call begins a new one
};

}  // namespace recount
