// Comparison, selection, sign injection and classification: questions about bits.

#include "hart/fpu_format.h"

namespace recount::fpu {
namespace {

template <class T>
bool any_nan(T a, T b) {
  return Parts<T>::is_nan(a) || Parts<T>::is_nan(b);
}
template <class T>
void flag_signaling(T a, T b, uint8_t& flags) {
  if (Parts<T>::is_signaling(a) || Parts<T>::is_signaling(b)) flags |= kInvalid;
}

// Strictly less, for numbers; ordered_zeros tells whether -0 is less than +0.
template <class T>
bool less(T a, T b, bool ordered_zeros) {
  using P = Parts<T>;
  if (P::is_zero(a) && P::is_zero(b)) return ordered_zeros && P::is_negative(a) && !P::is_negative(b);
  if (P::is_negative(a) != P::is_negative(b)) return P::is_negative(a);
  return P::is_negative(a) ? a > b : a < b;
}

enum class Pick { kMin, kMax };

template <class T>
T pick(Pick which, T a, T b, uint8_t& flags) {
  flag_signaling(a, b, flags);
  if (Parts<T>::is_nan(a)) return Parts<T>::is_nan(b) ? Parts<T>::kCanonicalNan : b;
  if (Parts<T>::is_nan(b)) return a;
  bool a_is_less = less(a, b, true);
  return a_is_less == (which == Pick::kMin) ? a : b;
}

template <class T>
bool equal(T a, T b, uint8_t& flags) {
  flag_signaling(a, b, flags);
  if (any_nan(a, b)) return false;
  return a == b || (Parts<T>::is_zero(a) && Parts<T>::is_zero(b));
}
template <class T>
bool less_signaling(T a, T b, uint8_t& flags) {
  if (any_nan(a, b)) {
    flags |= kInvalid;
    return false;
  }
  return less(a, b, false);
}
template <class T>
bool less_equal_signaling(T a, T b, uint8_t& flags) {
  if (any_nan(a, b)) {
    flags |= kInvalid;
    return false;
  }
  return !less(b, a, false);
}

template <class T>
T with_sign(T a, T sign_from) {
  return (a & ~Parts<T>::kSign) | (sign_from & Parts<T>::kSign);
}

// One bit of ten. Unprivileged spec, "Single-Precision Floating-Point Classify Instruction".
template <class T>
uint64_t class_bit(T a) {
  using P = Parts<T>;
  if (P::is_nan(a)) return P::is_signaling(a) ? 1u << 8 : 1u << 9;
  bool negative = P::is_negative(a);
  unsigned distance;  // from the infinity of its sign, in classes
  if (P::is_infinite(a)) {
    distance = 0;
  } else if ((a & P::kExponent) != 0) {
    distance = 1;
  } else {
    distance = P::is_zero(a) ? 3 : 2;
  }
  return 1u << (negative ? distance : 7 - distance);
}

}  // namespace

uint32_t min(uint32_t a, uint32_t b, uint8_t& flags) { return pick(Pick::kMin, a, b, flags); }
uint64_t min(uint64_t a, uint64_t b, uint8_t& flags) { return pick(Pick::kMin, a, b, flags); }
uint32_t max(uint32_t a, uint32_t b, uint8_t& flags) { return pick(Pick::kMax, a, b, flags); }
uint64_t max(uint64_t a, uint64_t b, uint8_t& flags) { return pick(Pick::kMax, a, b, flags); }
bool eq(uint32_t a, uint32_t b, uint8_t& flags) { return equal(a, b, flags); }
bool eq(uint64_t a, uint64_t b, uint8_t& flags) { return equal(a, b, flags); }
bool lt(uint32_t a, uint32_t b, uint8_t& flags) { return less_signaling(a, b, flags); }
bool lt(uint64_t a, uint64_t b, uint8_t& flags) { return less_signaling(a, b, flags); }
bool le(uint32_t a, uint32_t b, uint8_t& flags) { return less_equal_signaling(a, b, flags); }
bool le(uint64_t a, uint64_t b, uint8_t& flags) { return less_equal_signaling(a, b, flags); }
uint32_t sgnj(uint32_t a, uint32_t b) { return with_sign(a, b); }
uint64_t sgnj(uint64_t a, uint64_t b) { return with_sign(a, b); }
uint32_t sgnjn(uint32_t a, uint32_t b) { return with_sign(a, ~b); }
uint64_t sgnjn(uint64_t a, uint64_t b) { return with_sign(a, ~b); }
uint32_t sgnjx(uint32_t a, uint32_t b) { return with_sign(a, a ^ b); }
uint64_t sgnjx(uint64_t a, uint64_t b) { return with_sign(a, a ^ b); }
uint64_t classify(uint32_t a) { return class_bit(a); }
uint64_t classify(uint64_t a) { return class_bit(a); }

}  // namespace recount::fpu
