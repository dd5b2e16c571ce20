#include "support/float_oracle.h"

#include <string_view>

#include "base/check.h"
#include "hart/fpu_oracle.h"

namespace recount::test {
namespace {

using namespace fpu::oracle;
using fpu::kDivideByZero;
using fpu::kInvalid;
using fpu::Rounding;

template <class T>
constexpr T kSign = T{1} << (8 * sizeof(T) - 1);
constexpr uint64_t kBox = 0xffffffff00000000;

// "NaN Boxing of Narrower Values": what is not boxed counts as the canonical NaN.
template <class T>
T unboxed(uint64_t f) {
  if constexpr (kIsSingle<T>) return (f & kBox) == kBox ? static_cast<T>(f) : kQuietNan<T>;
  return static_cast<T>(f);
}
uint64_t boxed(uint32_t bits) { return kBox | bits; }
uint64_t boxed(uint64_t bits) { return bits; }
template <class T>
FloatResult boxed(const Outcome<T>& outcome) {
  return {boxed(outcome.value), outcome.flags};
}

uint8_t invalid_if(bool condition) { return condition ? kInvalid : 0; }

template <class T>
bool is_zero(T v) {
  return (v & ~kSign<T>) == 0;
}
template <class T>
bool is_infinite(T v) {
  return mpfr_inf_p(static_cast<mpfr_srcptr>(Real(v))) != 0;
}

template <class T>
FloatResult divide(Rounding rm, T a, T b) {
  Outcome<T> outcome = compute<T>(Ends::kNo, rm, mpfr_div, a, b);
  if (is_zero(b) && !is_zero(a) && !is_infinite(a) && !is_nan(a)) outcome.flags |= kDivideByZero;
  return boxed(outcome);
}

// "Single-Precision Floating-Point Computational Instructions": 0 times infinity is invalid, even if a quiet NaN is added.
template <class T>
FloatResult fused(Rounding rm, T a, T b, T c) {
  Outcome<T> outcome = compute<T>(Ends::kYes, rm, mpfr_fma, a, b, c);
  if ((is_zero(a) && is_infinite(b)) || (is_infinite(a) && is_zero(b))) outcome.flags |= kInvalid;
  return boxed(outcome);
}

template <class T>
FloatResult chosen(int (*choose)(mpfr_ptr, mpfr_srcptr, mpfr_srcptr, mpfr_rnd_t), T a, T b) {
  Real result;
  choose(result, Real(a), Real(b), MPFR_RNDN);
  return {boxed(bits_of<T>(result)), invalid_if(is_signaling(a) || is_signaling(b))};
}

template <class T>
FloatResult compared(bool holds, bool quiet, T a, T b) {
  return {holds, invalid_if(quiet ? is_signaling(a) || is_signaling(b) : is_nan(a) || is_nan(b))};
}

template <class T>
uint64_t class_of(T a) {
  if (is_nan(a)) return is_signaling(a) ? 1 << 8 : 1 << 9;
  Real value(a);
  bool negative = (a & kSign<T>) != 0;
  if (mpfr_inf_p(static_cast<mpfr_srcptr>(value)) != 0) return negative ? 1 << 0 : 1 << 7;
  if (mpfr_zero_p(static_cast<mpfr_srcptr>(value)) != 0) return negative ? 1 << 3 : 1 << 4;
  bool normal = mpfr_get_exp(value) - 1 >= kMinExponent<T>;
  return normal ? (negative ? 1 << 1 : 1 << 6) : (negative ? 1 << 2 : 1 << 5);
}

template <class I, class T>
FloatResult converted(Rounding rm, T a) {
  Outcome<I> outcome = to_integer<I>(rm, a);
  // "FCVT.W[U]": 32-bit results are sign-extended, unsigned ones too.
  using Signed = std::make_signed_t<I>;
  return {static_cast<uint64_t>(static_cast<int64_t>(static_cast<Signed>(outcome.value))), outcome.flags};
}

template <class T>
FloatResult from_integer(Rounding rm, std::string_view kind, uint64_t x) {
  Real exact;
  if (kind == "w") mpfr_set_si(exact, static_cast<int32_t>(x), MPFR_RNDN);
  if (kind == "wu") mpfr_set_ui(exact, static_cast<uint32_t>(x), MPFR_RNDN);
  if (kind == "l") mpfr_set_si(exact, static_cast<int64_t>(x), MPFR_RNDN);
  if (kind == "lu") mpfr_set_ui(exact, x, MPFR_RNDN);
  return boxed(round<T>(exact, rm));
}

int copy(mpfr_ptr to, mpfr_srcptr from, mpfr_rnd_t mode) { return mpfr_set(to, from, mode); }

// Those whose operands are all of one width.
template <class T>
FloatResult uniform(std::string_view name, Rounding rm, const std::array<uint64_t, 3>& f) {
  T a = unboxed<T>(f[0]), b = unboxed<T>(f[1]), c = unboxed<T>(f[2]);
  Real x(a), y(b);
  if (name == "fadd") return boxed(compute<T>(Ends::kYes, rm, mpfr_add, a, b));
  if (name == "fsub") return boxed(compute<T>(Ends::kYes, rm, mpfr_sub, a, b));
  if (name == "fmul") return boxed(compute<T>(Ends::kYes, rm, mpfr_mul, a, b));
  if (name == "fdiv") return divide(rm, a, b);
  if (name == "fsqrt") return boxed(compute<T>(Ends::kNo, rm, mpfr_sqrt, a));
  if (name == "fmadd") return fused<T>(rm, a, b, c);
  if (name == "fmsub") return fused<T>(rm, a, b, c ^ kSign<T>);
  if (name == "fnmsub") return fused<T>(rm, a ^ kSign<T>, b, c);
  if (name == "fnmadd") return fused<T>(rm, a ^ kSign<T>, b, c ^ kSign<T>);
  if (name == "fmin") return chosen(mpfr_min, a, b);
  if (name == "fmax") return chosen(mpfr_max, a, b);
  if (name == "feq") return compared(mpfr_equal_p(x, y) != 0, true, a, b);
  if (name == "flt") return compared(mpfr_less_p(x, y) != 0, false, a, b);
  if (name == "fle") return compared(mpfr_lessequal_p(x, y) != 0, false, a, b);
  if (name == "fclass") return {class_of(a), 0};
  T magnitude = a & ~kSign<T>;
  if (name == "fsgnj") return {boxed(static_cast<T>(magnitude | (b & kSign<T>))), 0};
  if (name == "fsgnjn") return {boxed(static_cast<T>(magnitude | (~b & kSign<T>))), 0};
  if (name == "fsgnjx") return {boxed(static_cast<T>(magnitude | ((a ^ b) & kSign<T>))), 0};
  CHECK(!"an instruction that this oracle does not know");
  return {};
}

template <class T>
FloatResult to_integer_named(std::string_view kind, Rounding rm, uint64_t f) {
  T a = unboxed<T>(f);
  if (kind == "w") return converted<int32_t>(rm, a);
  if (kind == "wu") return converted<uint32_t>(rm, a);
  if (kind == "l") return converted<int64_t>(rm, a);
  CHECK(kind == "lu");
  return converted<uint64_t>(rm, a);
}

}  // namespace

FloatResult float_result(Op op, unsigned rm, uint64_t x, const std::array<uint64_t, 3>& f) {
  auto rounding = static_cast<Rounding>(rm);
  std::string_view mnemonic = info_of(op).mnemonic, name = mnemonic.substr(0, mnemonic.find('.'));
  std::string_view suffix = mnemonic.substr(name.size() + 1);
  if (name == "fmv") {
    if (suffix == "x.w") return {static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(f[0]))), 0};
    if (suffix == "w.x") return {boxed(static_cast<uint32_t>(x)), 0};
    return {suffix == "x.d" ? f[0] : x, 0};
  }
  if (name != "fcvt") return suffix == "s" ? uniform<uint32_t>(name, rounding, f) : uniform<uint64_t>(name, rounding, f);
  std::string_view to = suffix.substr(0, suffix.find('.')), from = suffix.substr(to.size() + 1);
  if (to == "s" && from == "d") return boxed(compute<uint32_t>(Ends::kYes, rounding, copy, unboxed<uint64_t>(f[0])));
  if (to == "d" && from == "s") return boxed(compute<uint64_t>(Ends::kYes, rounding, copy, unboxed<uint32_t>(f[0])));
  if (to == "s") return from_integer<uint32_t>(rounding, from, x);
  if (to == "d") return from_integer<uint64_t>(rounding, from, x);
  return from == "s" ? to_integer_named<uint32_t>(to, rounding, f[0]) : to_integer_named<uint64_t>(to, rounding, f[0]);
}

}  // namespace recount::test
