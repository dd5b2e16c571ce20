#pragma once
// Little-endian bytes: a writer that grows a vector, and a reader that checks every length.
// Reading past the end never touches memory: it returns zeros and ok() becomes false for good.

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace recount {

using Bytes = std::vector<uint8_t>;
using ByteView = std::span<const uint8_t>;

inline ByteView view_of(std::string_view s) {
  return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}

class ByteWriter {
 public:
  explicit ByteWriter(Bytes& out) : out_(out) {}

  // Fixed width, little-endian.
  template <class T>
    requires std::is_unsigned_v<T>
  void fixed(T v) {
    for (size_t i = 0; i < sizeof(T); ++i) out_.push_back(static_cast<uint8_t>(v >> (8 * i)));
  }
  // LEB128, 1 to 10 bytes.
  void varint(uint64_t v) {
    for (; v >= 0x80; v >>= 7) out_.push_back(static_cast<uint8_t>(v | 0x80));
    out_.push_back(static_cast<uint8_t>(v));
  }
  // Length as varint, then the bytes.
  void blob(ByteView b) {
    varint(b.size());
    raw(b);
  }
  void raw(ByteView b) { out_.insert(out_.end(), b.begin(), b.end()); }

 private:
  Bytes& out_;
};

class ByteReader {
 public:
  explicit ByteReader(ByteView in) : in_(in) {}

  template <class T>
    requires std::is_unsigned_v<T>
  T fixed() {
    T v = 0;
    ByteView b = raw(sizeof(T));
    for (size_t i = 0; i < b.size(); ++i) v = static_cast<T>(v | static_cast<T>(b[i]) << (8 * i));
    return v;
  }
  uint64_t varint() {
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      ByteView b = raw(1);
      if (b.empty()) return 0;
      uint64_t bits = b[0] & 0x7f;
      if (shift == 63 && bits > 1) break;
      v |= bits << shift;
      if ((b[0] & 0x80) == 0) return v;
    }
    ok_ = false;
    return 0;
  }
  ByteView blob() {
    uint64_t size = varint();
    if (size > in_.size()) {
      ok_ = false;
      return {};
    }
    return raw(static_cast<size_t>(size));
  }
  ByteView raw(size_t size) {
    if (!ok_ || size > in_.size()) {
      ok_ = false;
      return {};
    }
    ByteView b = in_.first(size);
    in_ = in_.subspan(size);
    return b;
  }
  bool ok() const { return ok_; }
  size_t remaining() const { return in_.size(); }

 private:
  ByteView in_;
  bool ok_ = true;
};

// Host memory of any alignment, as the little-endian value of type T.
template <class T>
T load_le(const uint8_t* p) {
  T v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
template <class T>
void store_le(uint8_t* p, T v) {
  std::memcpy(p, &v, sizeof v);
}

}  // namespace recount
