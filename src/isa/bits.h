#pragma once
// Cutting instruction words into fields. For the decoders.

#include <cstdint>

namespace recount::detail {

constexpr uint32_t field(uint32_t w, unsigned low, unsigned bits) { return w >> low & ((1u << bits) - 1); }

constexpr int32_t sext(uint32_t v, unsigned bits) {
  return static_cast<int32_t>(v << (32 - bits)) >> (32 - bits);
}

}  // namespace recount::detail
