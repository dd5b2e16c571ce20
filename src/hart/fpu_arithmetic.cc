// add, sub, mul, div, sqrt, fma: the host's SSE2 and FMA3 with MXCSR set for the one operation, so that the
// guest's rounding and flags never meet the host's. Round-to-nearest-max-magnitude, which SSE has not, goes
// through a wider format rounded to odd, and one rounding from there.

#include <bit>
#include <utility>

#include "hart/fpu_format.h"
#include "hart/host_float.h"

namespace recount::fpu {
namespace {

constexpr uint32_t kMxcsrFlags = 0x3f;

void set_mxcsr(uint32_t v) { asm volatile("ldmxcsr %0" : : "m"(v)); }
uint32_t get_mxcsr() {
  uint32_t v;
  asm volatile("stmxcsr %0" : "=m"(v));
  return v;
}
// Volatile asm keeps its order: what passes through here is computed between its neighbours.
template <class H>
void pin(H& value) {
  asm volatile("" : "+x"(value));
}

uint32_t mxcsr_for(Rounding rm) {
  constexpr uint32_t kControl[] = {0, 3, 1, 2};  // nearest, to zero, down, up
  return kDefaultMxcsr | kControl[static_cast<unsigned>(rm)] << 13;
}

uint8_t flags_of(uint32_t mxcsr) {
  // MXCSR: IE DE ZE OE UE PE from bit 0; fflags: NX UF OF DZ NV from bit 0. DE has no counterpart.
  return static_cast<uint8_t>((mxcsr >> 5 & 1) | (mxcsr >> 4 & 1) << 1 | (mxcsr >> 3 & 1) << 2 |
                              (mxcsr >> 2 & 1) << 3 | (mxcsr & 1) << 4);
}

template <class T>
T canonical(T bits) {
  return Parts<T>::is_nan(bits) ? Parts<T>::kCanonicalNan : bits;
}

template <class T, class Operation, class... Operands>
T on_host(Rounding rm, uint8_t& flags, Operation operation, Operands... operands) {
  using Host = typename Format<T>::Host;
  uint32_t saved = get_mxcsr();
  set_mxcsr(mxcsr_for(rm));
  (pin(operands), ...);
  Host result = operation(operands...);
  pin(result);
  uint32_t mxcsr = get_mxcsr();
  set_mxcsr(saved);
  flags |= flags_of(mxcsr & kMxcsrFlags);
  return canonical(std::bit_cast<T>(result));
}

// For operands where the two ways to break ties cannot differ: NaN, infinity, division by zero.
Rounding nearest_if_rmm(Rounding rm) { return rm == Rounding::kRmm ? Rounding::kRne : rm; }

template <class T>
typename Format<T>::Host host(T bits) {
  return std::bit_cast<typename Format<T>::Host>(bits);
}

// Sums and quotients in 113 bits, toward zero, with a sticky last bit: wide enough that rounding once more
// gives what rounding the exact value gives.
struct Odd {
  bool negative;
  Magnitude magnitude;
};

// a + b of finite values, exact but for a sticky bit. Products (up to 106 bits) are welcome.
Odd odd_sum(Odd a, Odd b) {
  if (a.magnitude.significand == 0) return b;
  if (b.magnitude.significand == 0) return a;
  int top_a = a.magnitude.exponent + bit_length(a.magnitude.significand);
  int top_b = b.magnitude.exponent + bit_length(b.magnitude.significand);
  if (top_a < top_b) {
    std::swap(a, b);
    std::swap(top_a, top_b);
  }
  // The larger one's top bit goes to bit 125; the smaller is cut there, what is lost goes into bit 0.
  int exponent = top_a - 126;
  U128 big = a.magnitude.significand << (a.magnitude.exponent - exponent);
  int shift = b.magnitude.exponent - exponent;
  U128 small = b.magnitude.significand;
  if (shift >= 0) {
    small <<= shift;
  } else if (shift > -128) {
    bool lost = (small & ((U128{1} << -shift) - 1)) != 0;
    small = small >> -shift | (lost ? 1 : 0);
  } else {
    small = 1;
  }
  if (a.negative == b.negative) return {a.negative, {big + small, exponent}};
  if (big == small) return {false, {0, 0}};
  if (big > small) return {a.negative, {big - small, exponent}};
  return {b.negative, {small - big, exponent}};
}

template <class T>
bool is_finite(T a) {
  return (a & Parts<T>::kExponent) != Parts<T>::kExponent;
}

template <class T>
Odd odd(T a) {
  return {Parts<T>::is_negative(a), magnitude_of(a)};
}
template <class T>
Odd odd_product(T a, T b) {
  Magnitude x = magnitude_of(a), y = magnitude_of(b);
  return {Parts<T>::is_negative(a) != Parts<T>::is_negative(b),
          {x.significand * y.significand, x.exponent + y.exponent}};
}
template <class T>
Odd odd_quotient(T a, T b) {
  Magnitude x = magnitude_of(a), y = magnitude_of(b);
  int shift = 127 - bit_length(x.significand);
  U128 n = x.significand << shift;
  U128 q = n / y.significand;
  return {Parts<T>::is_negative(a) != Parts<T>::is_negative(b),
          {q | (n % y.significand != 0 ? 1 : 0), x.exponent - shift - y.exponent}};
}

template <class T>
T pack(const Odd& v, uint8_t& flags) {
  return round_pack<T>(Rounding::kRmm, v.negative, v.magnitude, flags);
}

template <class T>
T add_any(Rounding rm, T a, T b, uint8_t& flags) {
  if (rm == Rounding::kRmm && is_finite(a) && is_finite(b)) {
    if (Parts<T>::is_zero(a) && Parts<T>::is_zero(b)) return a & b;  // -0 only of two -0
    return pack<T>(odd_sum(odd(a), odd(b)), flags);
  }
  return on_host<T>(
      nearest_if_rmm(rm), flags, [](auto x, auto y) { return x + y; }, host(a), host(b));
}
template <class T>
T mul_any(Rounding rm, T a, T b, uint8_t& flags) {
  if (rm == Rounding::kRmm && is_finite(a) && is_finite(b)) return pack<T>(odd_product(a, b), flags);
  return on_host<T>(
      nearest_if_rmm(rm), flags, [](auto x, auto y) { return x * y; }, host(a), host(b));
}
template <class T>
T div_any(Rounding rm, T a, T b, uint8_t& flags) {
  if (rm == Rounding::kRmm && is_finite(a) && is_finite(b) && !Parts<T>::is_zero(b)) {
    return pack<T>(odd_quotient(a, b), flags);
  }
  return on_host<T>(
      nearest_if_rmm(rm), flags, [](auto x, auto y) { return x / y; }, host(a), host(b));
}
// A square root is never half way between two numbers: to nearest is the same for both ways to break ties.
template <class T>
T sqrt_any(Rounding rm, T a, uint8_t& flags) {
  return on_host<T>(
      nearest_if_rmm(rm), flags,
      [](auto x) {
        if constexpr (sizeof(x) == 4) {
          asm volatile("sqrtss %0, %0" : "+x"(x));
        } else {
          asm volatile("sqrtsd %0, %0" : "+x"(x));
        }
        return x;
      },
      host(a));
}
template <class T>
T fma_any(Rounding rm, T a, T b, T c, uint8_t& flags) {
  using P = Parts<T>;
  // x86 leaves NV clear for 0 × ∞ + qNaN; RISC-V raises it. "Single-Precision FP Computational Instructions".
  if ((P::is_zero(a) && P::is_infinite(b)) || (P::is_infinite(a) && P::is_zero(b))) {
    flags |= kInvalid;
    return P::kCanonicalNan;
  }
  if (rm == Rounding::kRmm && is_finite(a) && is_finite(b) && is_finite(c)) {
    Odd product = odd_product(a, b);
    if (product.magnitude.significand == 0 && P::is_zero(c)) {
      return product.negative && P::is_negative(c) ? P::kSign : T{0};
    }
    return pack<T>(odd_sum(product, odd(c)), flags);
  }
  return on_host<T>(
      nearest_if_rmm(rm), flags,
      [](auto x, auto y, auto z) {
        if constexpr (sizeof(x) == 4) {
          asm volatile("vfmadd213ss %2, %1, %0" : "+x"(x) : "x"(y), "x"(z));
        } else {
          asm volatile("vfmadd213sd %2, %1, %0" : "+x"(x) : "x"(y), "x"(z));
        }
        return x;
      },
      host(a), host(b), host(c));
}

// a - b is a + (-b), but for a NaN's sign, which is canonical anyway.
template <class T>
T negated(T b) {
  return b ^ Parts<T>::kSign;
}

}  // namespace

uint32_t add(Rounding rm, uint32_t a, uint32_t b, uint8_t& flags) { return add_any(rm, a, b, flags); }
uint64_t add(Rounding rm, uint64_t a, uint64_t b, uint8_t& flags) { return add_any(rm, a, b, flags); }
uint32_t sub(Rounding rm, uint32_t a, uint32_t b, uint8_t& flags) {
  return add_any(rm, a, negated(b), flags);
}
uint64_t sub(Rounding rm, uint64_t a, uint64_t b, uint8_t& flags) {
  return add_any(rm, a, negated(b), flags);
}
uint32_t mul(Rounding rm, uint32_t a, uint32_t b, uint8_t& flags) { return mul_any(rm, a, b, flags); }
uint64_t mul(Rounding rm, uint64_t a, uint64_t b, uint8_t& flags) { return mul_any(rm, a, b, flags); }
uint32_t div(Rounding rm, uint32_t a, uint32_t b, uint8_t& flags) { return div_any(rm, a, b, flags); }
uint64_t div(Rounding rm, uint64_t a, uint64_t b, uint8_t& flags) { return div_any(rm, a, b, flags); }
uint32_t sqrt(Rounding rm, uint32_t a, uint8_t& flags) { return sqrt_any(rm, a, flags); }
uint64_t sqrt(Rounding rm, uint64_t a, uint8_t& flags) { return sqrt_any(rm, a, flags); }
uint32_t fma(Rounding rm, uint32_t a, uint32_t b, uint32_t c, uint8_t& flags) {
  return fma_any(rm, a, b, c, flags);
}
uint64_t fma(Rounding rm, uint64_t a, uint64_t b, uint64_t c, uint8_t& flags) {
  return fma_any(rm, a, b, c, flags);
}

}  // namespace recount::fpu
