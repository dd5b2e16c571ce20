#pragma once
// One function per component, `template <class Archive> void state(Archive& a)`, serves three uses:
// SaveArchive captures (as CBOR, with names), LoadArchive restores, DigestArchive hashes. So they
// cannot drift. In state():   a("mtimecmp", mtimecmp_); a("queues", queues_);
// Fields: bool, integers, enums, std::array, std::vector, std::string, std::optional-free nested
// objects that have a state() of their own. Names are for readers of the CBOR; order is for digests.

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"

namespace recount {

namespace detail {
template <class T>
concept Scalar = std::is_integral_v<T> || std::is_enum_v<T>;
template <class T>
uint64_t to_u64(T v) {
  return static_cast<uint64_t>(v);
}
}  // namespace detail

class SaveArchive {
 public:
  SaveArchive();
  ~SaveArchive();
  template <class T>
  void operator()(std::string_view name, T& value);
  Bytes finish() const;  // CBOR

 private:
  void put_u64(std::string_view name, uint64_t v);
  void put_blob(std::string_view name, ByteView b);
  void open(std::string_view name);
  void close();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A missing or mistyped field, or a number that does not fit, fails the whole load: see status().
class LoadArchive {
 public:
  static Result<std::unique_ptr<LoadArchive>> parse(ByteView cbor);
  ~LoadArchive();
  template <class T>
  void operator()(std::string_view name, T& value);
  Result<void> status() const;

 private:
  LoadArchive();
  uint64_t get_u64(std::string_view name);
  Bytes get_blob(std::string_view name);
  void open(std::string_view name);
  void close();
  void set_error(std::string_view name, std::string_view what);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class DigestArchive {
 public:
  template <class T>
  void operator()(std::string_view name, T& value);
  Digest128 finish() const { return hasher_.finish(); }

 private:
  FastHasher hasher_;
};

// --- how each kind of field maps onto the primitives ---

template <class T>
void SaveArchive::operator()(std::string_view name, T& value) {
  if constexpr (detail::Scalar<std::remove_const_t<T>>) {
    put_u64(name, detail::to_u64(value));
  } else if constexpr (requires { value.state(*this); }) {
    open(name);
    value.state(*this);
    close();
  } else if constexpr (sizeof(value[0]) == 1 && detail::Scalar<std::remove_cvref_t<decltype(value[0])>>) {
    put_blob(name, {reinterpret_cast<const uint8_t*>(value.data()), value.size()});
  } else {
    open(name);
    put_u64("size", value.size());
    for (size_t i = 0; i < value.size(); ++i) (*this)(std::to_string(i), value[i]);
    close();
  }
}

template <class T>
void LoadArchive::operator()(std::string_view name, T& value) {
  if constexpr (detail::Scalar<T>) {
    uint64_t v = get_u64(name);
    value = static_cast<T>(v);
    if (detail::to_u64(value) != v) set_error(name, "out of range");
  } else if constexpr (requires { value.state(*this); }) {
    open(name);
    value.state(*this);
    close();
  } else if constexpr (sizeof(value[0]) == 1 && detail::Scalar<std::remove_cvref_t<decltype(value[0])>>) {
    Bytes b = get_blob(name);
    if constexpr (requires { value.resize(b.size()); }) value.resize(b.size());
    if (value.size() != b.size()) {
      set_error(name, "wrong size");
    } else if (!b.empty()) {
      std::memcpy(value.data(), b.data(), b.size());
    }
  } else {
    open(name);
    uint64_t size = get_u64("size");
    // An element takes at least a name and a value: more of them than this is damage, not data.
    constexpr uint64_t kMostElements = 1u << 20;
    if constexpr (requires { value.resize(1); }) value.resize(size <= kMostElements ? size : 0);
    if (value.size() != size) set_error(name, "wrong size");
    for (size_t i = 0; i < value.size() && status(); ++i) (*this)(std::to_string(i), value[i]);
    close();
  }
}

template <class T>
void DigestArchive::operator()(std::string_view name, T& value) {
  if constexpr (detail::Scalar<std::remove_const_t<T>>) {
    hasher_.update_u64(detail::to_u64(value));
  } else if constexpr (requires { value.state(*this); }) {
    value.state(*this);
  } else if constexpr (sizeof(value[0]) == 1 && detail::Scalar<std::remove_cvref_t<decltype(value[0])>>) {
    hasher_.update_u64(value.size());
    hasher_.update({reinterpret_cast<const uint8_t*>(value.data()), value.size()});
  } else {
    hasher_.update_u64(value.size());
    for (size_t i = 0; i < value.size(); ++i) (*this)(name, value[i]);
  }
}

}  // namespace recount
