// Conversions, in integer arithmetic: exact by construction, alike on every host.

#include <limits>
#include <type_traits>

#include "hart/fpu_format.h"

namespace recount::fpu {
namespace {

template <class I, class T>
I to_integer(Rounding rm, T a, uint8_t& flags) {
  using P = Parts<T>;
  using Limits = std::numeric_limits<I>;
  bool negative = P::is_negative(a);
  if (P::is_nan(a)) {
    flags |= kInvalid;
    return Limits::max();
  }
  auto saturated = [&] {
    flags |= kInvalid;
    return negative ? Limits::min() : Limits::max();
  };
  if (P::is_infinite(a)) return saturated();
  Magnitude m = magnitude_of(a);
  bool inexact = false;
  U128 v;
  if (m.exponent >= 0) {
    if (m.exponent > 64) return m.significand == 0 ? I{0} : saturated();
    v = m.significand << m.exponent;
  } else {
    v = round_shift(rm, negative, m.significand, static_cast<unsigned>(-m.exponent), inexact);
  }
  constexpr U128 kMax = static_cast<U128>(Limits::max());
  constexpr U128 kMinMagnitude = std::is_signed_v<I> ? kMax + 1 : 0;
  if (v > (negative ? kMinMagnitude : kMax)) return saturated();
  if (inexact) flags |= kInexact;
  auto low = static_cast<std::make_unsigned_t<I>>(v);
  return static_cast<I>(negative ? std::make_unsigned_t<I>{0} - low : low);
}

template <class T, class I>
T from_integer(Rounding rm, I v, uint8_t& flags) {
  bool negative = v < 0;
  auto magnitude = static_cast<uint64_t>(v);
  if (negative) magnitude = 0 - magnitude;
  return round_pack<T>(rm, negative, {magnitude, 0}, flags);
}

}  // namespace

int32_t to_i32(Rounding rm, uint32_t a, uint8_t& flags) { return to_integer<int32_t>(rm, a, flags); }
int32_t to_i32(Rounding rm, uint64_t a, uint8_t& flags) { return to_integer<int32_t>(rm, a, flags); }
uint32_t to_u32(Rounding rm, uint32_t a, uint8_t& flags) { return to_integer<uint32_t>(rm, a, flags); }
uint32_t to_u32(Rounding rm, uint64_t a, uint8_t& flags) { return to_integer<uint32_t>(rm, a, flags); }
int64_t to_i64(Rounding rm, uint32_t a, uint8_t& flags) { return to_integer<int64_t>(rm, a, flags); }
int64_t to_i64(Rounding rm, uint64_t a, uint8_t& flags) { return to_integer<int64_t>(rm, a, flags); }
uint64_t to_u64(Rounding rm, uint32_t a, uint8_t& flags) { return to_integer<uint64_t>(rm, a, flags); }
uint64_t to_u64(Rounding rm, uint64_t a, uint8_t& flags) { return to_integer<uint64_t>(rm, a, flags); }

uint32_t from_i32_s(Rounding rm, int32_t v, uint8_t& flags) {
  return from_integer<uint32_t>(rm, int64_t{v}, flags);
}
uint32_t from_u32_s(Rounding rm, uint32_t v, uint8_t& flags) {
  return from_integer<uint32_t>(rm, uint64_t{v}, flags);
}
uint32_t from_i64_s(Rounding rm, int64_t v, uint8_t& flags) { return from_integer<uint32_t>(rm, v, flags); }
uint32_t from_u64_s(Rounding rm, uint64_t v, uint8_t& flags) { return from_integer<uint32_t>(rm, v, flags); }
uint64_t from_i32_d(Rounding rm, int32_t v, uint8_t& flags) {
  return from_integer<uint64_t>(rm, int64_t{v}, flags);
}
uint64_t from_u32_d(Rounding rm, uint32_t v, uint8_t& flags) {
  return from_integer<uint64_t>(rm, uint64_t{v}, flags);
}
uint64_t from_i64_d(Rounding rm, int64_t v, uint8_t& flags) { return from_integer<uint64_t>(rm, v, flags); }
uint64_t from_u64_d(Rounding rm, uint64_t v, uint8_t& flags) { return from_integer<uint64_t>(rm, v, flags); }

namespace {

template <class To, class From>
To convert(Rounding rm, From a, uint8_t& flags) {
  using P = Parts<From>;
  if (P::is_nan(a)) {
    if (P::is_signaling(a)) flags |= kInvalid;
    return Parts<To>::kCanonicalNan;
  }
  if (P::is_infinite(a)) return Parts<To>::kExponent | (P::is_negative(a) ? Parts<To>::kSign : To{0});
  return round_pack<To>(rm, P::is_negative(a), magnitude_of(a), flags);
}

}  // namespace

uint32_t narrow(Rounding rm, uint64_t a, uint8_t& flags) { return convert<uint32_t>(rm, a, flags); }
uint64_t widen(uint32_t a, uint8_t& flags) { return convert<uint64_t>(Rounding::kRne, a, flags); }

}  // namespace recount::fpu
