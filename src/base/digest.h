#pragma once
// Digests. Digest128 (XXH3-128) is fast and detects accidents: checkpoint digests compare with it.
// Digest256 (BLAKE2b-256) resists forgery: journal chains, file members and images use it.

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"

namespace recount {

struct Digest128 {
  uint64_t low = 0;
  uint64_t high = 0;
  auto operator<=>(const Digest128&) const = default;
  std::string hex() const;
};

struct Digest256 {
  std::array<uint8_t, 32> bytes{};
  auto operator<=>(const Digest256&) const = default;
  std::string hex() const;
  static bool from_hex(std::string_view hex, Digest256& out);
};

Digest128 fast_digest(ByteView bytes);
Digest256 blake2b(ByteView bytes);

// Streaming XXH3-128.
class FastHasher {
 public:
  FastHasher();
  ~FastHasher();
  FastHasher(const FastHasher&) = delete;
  FastHasher& operator=(const FastHasher&) = delete;
  void update(ByteView bytes);
  void update_u64(uint64_t v);
  Digest128 finish() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Streaming BLAKE2b-256.
class Blake2b {
 public:
  Blake2b();
  ~Blake2b();
  Blake2b(const Blake2b&) = delete;
  Blake2b& operator=(const Blake2b&) = delete;
  void update(ByteView bytes);
  Digest256 finish();  // once

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace recount
