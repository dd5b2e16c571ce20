#include "base/digest.h"

#include <sodium.h>
#include <xxhash.h>

namespace recount {
namespace {

std::string hex_of(ByteView bytes) {
  std::string out(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), bytes.data(), bytes.size());
  out.pop_back();
  return out;
}

Digest128 from_xxh(XXH128_hash_t h) { return {h.low64, h.high64}; }

}  // namespace

std::string Digest128::hex() const {
  Bytes bytes;
  ByteWriter w(bytes);
  for (int i = 7; i >= 0; --i) bytes.push_back(static_cast<uint8_t>(high >> (8 * i)));
  for (int i = 7; i >= 0; --i) bytes.push_back(static_cast<uint8_t>(low >> (8 * i)));
  return hex_of(bytes);
}

std::string Digest256::hex() const { return hex_of(bytes); }

bool Digest256::from_hex(std::string_view hex, Digest256& out) {
  size_t size = 0;
  const char* end = nullptr;
  return hex.size() == 64 &&
         sodium_hex2bin(out.bytes.data(), out.bytes.size(), hex.data(), hex.size(), nullptr, &size, &end) == 0 &&
         size == out.bytes.size();
}

Digest128 fast_digest(ByteView bytes) { return from_xxh(XXH3_128bits(bytes.data(), bytes.size())); }

Digest256 blake2b(ByteView bytes) {
  Digest256 d;
  crypto_generichash(d.bytes.data(), d.bytes.size(), bytes.data(), bytes.size(), nullptr, 0);
  return d;
}

struct FastHasher::Impl {
  XXH3_state_t* state = XXH3_createState();
  ~Impl() { XXH3_freeState(state); }
};
FastHasher::FastHasher() : impl_(std::make_unique<Impl>()) { XXH3_128bits_reset(impl_->state); }
FastHasher::~FastHasher() = default;
void FastHasher::update(ByteView bytes) { XXH3_128bits_update(impl_->state, bytes.data(), bytes.size()); }
void FastHasher::update_u64(uint64_t v) {
  uint8_t b[8];
  store_le(b, v);
  update(b);
}
Digest128 FastHasher::finish() const { return from_xxh(XXH3_128bits_digest(impl_->state)); }

struct Blake2b::Impl {
  crypto_generichash_state state;
};
Blake2b::Blake2b() : impl_(std::make_unique<Impl>()) {
  crypto_generichash_init(&impl_->state, nullptr, 0, sizeof(Digest256::bytes));
}
Blake2b::~Blake2b() = default;
void Blake2b::update(ByteView bytes) { crypto_generichash_update(&impl_->state, bytes.data(), bytes.size()); }
Digest256 Blake2b::finish() {
  Digest256 d;
  crypto_generichash_final(&impl_->state, d.bytes.data(), d.bytes.size());
  return d;
}

}  // namespace recount
