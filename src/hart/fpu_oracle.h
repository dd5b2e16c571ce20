#pragma once
// What IEEE 754 and the F and D chapters say a result and its flags are, by MPFR: compute exactly (or with
// a sticky digit far below), scale to the format's last place, round with mpfr_rint. For fpu_test.cc only;
// shares no code with the implementation.

#include <mpfr.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "hart/fpu.h"

namespace recount::fpu::oracle {

class Real {
 public:
  // Enough for any fused product and sum of binary64 to be exact.
  static constexpr mpfr_prec_t kExact = 4400;
  explicit Real(mpfr_prec_t precision = kExact) { mpfr_init2(v_, precision); }
  explicit Real(uint32_t bits) : Real() { mpfr_set_flt(v_, std::bit_cast<float>(bits), MPFR_RNDN); }
  explicit Real(uint64_t bits) : Real() { mpfr_set_d(v_, std::bit_cast<double>(bits), MPFR_RNDN); }
  ~Real() { mpfr_clear(v_); }
  Real(const Real&) = delete;
  Real& operator=(const Real&) = delete;
  operator mpfr_ptr() { return v_; }
  operator mpfr_srcptr() const { return v_; }

 private:
  mpfr_t v_;
};

template <class T>
struct Outcome {
  T value{};
  uint8_t flags = 0;
  bool operator==(const Outcome&) const = default;
};

template <class T>
constexpr bool kIsSingle = sizeof(T) == 4;
template <class T>
constexpr int kPrecision = kIsSingle<T> ? 24 : 53;
template <class T>
constexpr int kMinExponent = kIsSingle<T> ? -126 : -1022;
template <class T>
constexpr int kMaxExponent = kIsSingle<T> ? 127 : 1023;
template <class T>
constexpr T kQuietNan = static_cast<T>(kIsSingle<T> ? 0x7fc00000 : 0x7ff8000000000000);

template <class T>
bool is_nan(T a) {
  return static_cast<T>(a << 1) > static_cast<T>(kIsSingle<T> ? 0xff000000 : 0xffe0000000000000);
}
template <class T>
bool is_signaling(T a) {
  return is_nan(a) && (a >> (kPrecision<T> - 2) & 1) == 0;
}

inline void round_to_integer(mpfr_ptr to, mpfr_srcptr v, Rounding rm) {
  switch (rm) {
    case Rounding::kRne:
      mpfr_rint(to, v, MPFR_RNDN);
      break;
    case Rounding::kRtz:
      mpfr_trunc(to, v);
      break;
    case Rounding::kRdn:
      mpfr_floor(to, v);
      break;
    case Rounding::kRup:
      mpfr_ceil(to, v);
      break;
    case Rounding::kRmm:
      mpfr_round(to, v);
      break;
  }
}

// Rounded at 2^last.
inline void round_at(mpfr_ptr to, mpfr_srcptr v, long last, Rounding rm) {
  Real scaled;
  mpfr_mul_2si(scaled, v, -last, MPFR_RNDN);
  round_to_integer(to, scaled, rm);
  mpfr_mul_2si(to, to, last, MPFR_RNDN);
}

template <class T>
T bits_of(mpfr_srcptr v) {
  if (mpfr_nan_p(v)) return kQuietNan<T>;
  if constexpr (kIsSingle<T>) {
    return std::bit_cast<T>(mpfr_get_flt(v, MPFR_RNDN));
  } else {
    return std::bit_cast<T>(mpfr_get_d(v, MPFR_RNDN));
  }
}

template <class T>
Outcome<T> round(mpfr_srcptr exact, Rounding rm) {
  if (!mpfr_regular_p(exact)) return {bits_of<T>(exact), 0};
  long top = mpfr_get_exp(exact) - 1;
  Real rounded, unbounded;
  round_at(unbounded, exact, top - kPrecision<T> + 1, rm);
  round_at(rounded, exact, (top < kMinExponent<T> ? kMinExponent<T> : top) - kPrecision<T> + 1, rm);
  uint8_t flags = mpfr_equal_p(rounded, exact) ? 0 : kInexact;
  // Tininess after rounding. "Floating-Point Control and Status Register".
  if (flags != 0 && mpfr_cmpabs(unbounded, Real(T{1} << (kPrecision<T> - 1))) < 0) flags |= kUnderflow;
  if (mpfr_get_exp(unbounded) - 1 <= kMaxExponent<T>) return {bits_of<T>(rounded), flags};
  bool negative = mpfr_signbit(exact) != 0;
  bool to_infinity =
      rm == Rounding::kRne || rm == Rounding::kRmm || rm == (negative ? Rounding::kRdn : Rounding::kRup);
  constexpr T kInfinity = static_cast<T>(static_cast<T>(2 * kMaxExponent<T> + 1) << (kPrecision<T> - 1));
  T sign = static_cast<T>(static_cast<T>(negative) << (8 * sizeof(T) - 1));
  return {static_cast<T>(sign | (to_infinity ? kInfinity : kInfinity - 1)), kOverflow | kInexact};
}

// Applies an MPFR function. Sums and products are exact; of quotients and roots 200 bits are, and an odd
// digit below them stands for the rest.
enum class Ends { kYes, kNo };

template <class T, class Function, class... Operands>
Outcome<T> compute(Ends ends, Rounding rm, Function function, Operands... operands) {
  constexpr mpfr_prec_t kPlenty = 200;
  Real result(ends == Ends::kYes ? Real::kExact : kPlenty);
  // An exact sum that is zero is -0 when rounding down: the only thing the mode decides here.
  mpfr_rnd_t mode = ends == Ends::kYes && rm == Rounding::kRdn ? MPFR_RNDD : MPFR_RNDZ;
  if (function(result, Real(operands)..., mode) != 0) {
    mpfr_prec_round(result, kPlenty + 2, MPFR_RNDN);
    mpfr_signbit(result) != 0 ? mpfr_nextbelow(result) : mpfr_nextabove(result);
  }
  Outcome<T> outcome = round<T>(result, rm);
  bool any_nan = (is_nan(operands) || ...);
  if ((is_signaling(operands) || ...) || (mpfr_nan_p(result) && !any_nan)) outcome.flags |= kInvalid;
  return outcome;
}

// Saturates. "Domains of float-to-integer conversions and behavior for invalid inputs".
template <class I, class T>
Outcome<I> to_integer(Rounding rm, T a) {
  using Limits = std::numeric_limits<I>;
  Real value(a), rounded;
  if (mpfr_nan_p(value)) return {Limits::max(), kInvalid};
  round_to_integer(rounded, value, rm);
  if (mpfr_cmp_ui(rounded, static_cast<unsigned long>(Limits::max())) > 0) return {Limits::max(), kInvalid};
  if (mpfr_cmp_si(rounded, std::is_signed_v<I> ? static_cast<long>(Limits::min()) : 0) < 0) {
    return {Limits::min(), kInvalid};
  }
  uint8_t flags = mpfr_equal_p(rounded, value) ? 0 : kInexact;
  bool negative = mpfr_sgn(static_cast<mpfr_srcptr>(rounded)) < 0;
  if (negative) return {static_cast<I>(mpfr_get_si(rounded, MPFR_RNDN)), flags};
  return {static_cast<I>(mpfr_get_ui(rounded, MPFR_RNDN)), flags};
}

}  // namespace recount::fpu::oracle
