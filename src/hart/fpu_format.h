#pragma once
// The parts of a binary32 or binary64, and rounding of an exact (or sticky) value into one. For fpu*.cc.

#include <bit>
#include <cstdint>

#include "hart/fpu.h"

namespace recount::fpu {

__extension__ using U128 = unsigned __int128;

template <class T>
struct Format;
template <>
struct Format<uint32_t> {
  using Host = float;
  static constexpr unsigned kFractionBits = 23, kExponentBits = 8;
};
template <>
struct Format<uint64_t> {
  using Host = double;
  static constexpr unsigned kFractionBits = 52, kExponentBits = 11;
};

template <class T>
struct Parts {
  using F = Format<T>;
  static constexpr T kSign = T{1} << (F::kFractionBits + F::kExponentBits);
  static constexpr T kFraction = (T{1} << F::kFractionBits) - 1;
  static constexpr T kExponent = static_cast<T>(~(kSign | kFraction));
  static constexpr T kQuiet = T{1} << (F::kFractionBits - 1);
  static constexpr T kCanonicalNan = kExponent | kQuiet;
  static constexpr int kBias = (1 << (F::kExponentBits - 1)) - 1;
  static constexpr int kMinExponent = 1 - kBias;

  static bool is_nan(T a) { return (a & ~kSign) > kExponent; }
  static bool is_signaling(T a) { return is_nan(a) && (a & kQuiet) == 0; }
  static bool is_infinite(T a) { return (a & ~kSign) == kExponent; }
  static bool is_zero(T a) { return (a & ~kSign) == 0; }
  static bool is_negative(T a) { return (a & kSign) != 0; }
};

// A finite nonzero magnitude: significand × 2^exponent.
struct Magnitude {
  U128 significand;
  int exponent;
};

template <class T>
Magnitude magnitude_of(T a) {
  using P = Parts<T>;
  constexpr unsigned kBits = Format<T>::kFractionBits;
  T fraction = a & P::kFraction;
  int biased = static_cast<int>((a & P::kExponent) >> kBits);
  if (biased == 0) return {fraction, P::kMinExponent - static_cast<int>(kBits)};
  return {static_cast<U128>(fraction | T{1} << kBits), biased - P::kBias - static_cast<int>(kBits)};
}

// v >> shift, with what is lost rounded into the last bit. inexact tells whether anything was lost.
inline U128 round_shift(Rounding rm, bool negative, U128 v, unsigned shift, bool& inexact) {
  if (shift == 0) {
    inexact = false;
    return v;
  }
  // Beyond 127 all that matters is that something nonzero lies far below half.
  if (shift > 127) {
    v = v != 0 ? 1 : 0;
    shift = 127;
  }
  U128 kept = v >> shift;
  U128 lost = v & ((U128{1} << shift) - 1);
  U128 half = U128{1} << (shift - 1);
  inexact = lost != 0;
  bool up = false;
  switch (rm) {
    case Rounding::kRne:
      up = lost > half || (lost == half && (kept & 1) != 0);
      break;
    case Rounding::kRmm:
      up = lost >= half;
      break;
    case Rounding::kRtz:
      break;
    case Rounding::kRdn:
      up = inexact && negative;
      break;
    case Rounding::kRup:
      up = inexact && !negative;
      break;
  }
  return kept + (up ? 1 : 0);
}

inline int bit_length(U128 v) {
  auto high = static_cast<uint64_t>(v >> 64);
  return high != 0 ? 128 - std::countl_zero(high) : 64 - std::countl_zero(static_cast<uint64_t>(v));
}

// The magnitude in T's precision. Tininess is detected after rounding, as RISC-V wants. The significand may
// carry a sticky last bit if it has at least two bits more than T's precision.
template <class T>
T round_pack(Rounding rm, bool negative, Magnitude m, uint8_t& flags) {
  using P = Parts<T>;
  constexpr int kPrecision = static_cast<int>(Format<T>::kFractionBits) + 1;
  T sign = negative ? P::kSign : T{0};
  if (m.significand == 0) return sign;

  int length = bit_length(m.significand);
  int top = m.exponent + length - 1;  // the value is in [2^top, 2^(top+1))
  // Room below, so that shifts to the right are never negative.
  int last_exponent = (top < P::kMinExponent ? P::kMinExponent : top) - (kPrecision - 1);
  int shift = last_exponent - m.exponent;
  bool inexact = false;
  U128 rounded = shift <= 0 ? m.significand << -shift
                            : round_shift(rm, negative, m.significand, static_cast<unsigned>(shift), inexact);
  if (rounded >> kPrecision != 0) {
    rounded >>= 1;
    ++last_exponent;
  }
  if (inexact) {
    flags |= kInexact;
    if (top < P::kMinExponent) {
      // Tiny unless it would round up to the smallest normal number even with an unbounded exponent.
      bool ignored = false;
      int free_shift = top - (kPrecision - 1) - m.exponent;
      U128 freely = free_shift <= 0 ? m.significand << -free_shift
                                    : round_shift(rm, negative, m.significand,
                                                  static_cast<unsigned>(free_shift), ignored);
      bool reaches_normal = top == P::kMinExponent - 1 && freely >> kPrecision != 0;
      if (!reaches_normal) flags |= kUnderflow;
    }
  }
  bool normal = rounded >> (kPrecision - 1) != 0;
  int biased = normal ? last_exponent + (kPrecision - 1) + P::kBias : 0;
  if (biased >= (1 << Format<T>::kExponentBits) - 1) {
    flags |= kOverflow | kInexact;
    bool to_infinity = rm == Rounding::kRne || rm == Rounding::kRmm || (rm == Rounding::kRup && !negative) ||
                       (rm == Rounding::kRdn && negative);
    return sign | (to_infinity ? P::kExponent : static_cast<T>(P::kExponent - 1));
  }
  return sign | static_cast<T>(static_cast<T>(biased) << Format<T>::kFractionBits) |
         (static_cast<T>(rounded) & P::kFraction);
}

}  // namespace recount::fpu
