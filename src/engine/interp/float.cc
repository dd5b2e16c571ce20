// F and D. One handler per shape of operands; the arithmetic is hart/fpu's.
// Unprivileged spec, "'F' Extension for Single-Precision Floating-Point".

#include <optional>

#include "engine/interp/micro_op.h"
#include "hart/fpu.h"

namespace recount::interp {
namespace {

using F32 = uint32_t;
using F64 = uint64_t;

constexpr uint64_t kBox = 0xffffffff00000000ull;
constexpr uint32_t kCanonicalNan = 0x7fc00000;

// A single that is not properly boxed counts as the canonical NaN. "NaN Boxing of Narrower Values".
template <class T>
T get(const Context& c, unsigned i) {
  uint64_t bits = c.hart.state.f[i];
  if constexpr (sizeof(T) == 8) return bits;
  return (bits & kBox) == kBox ? static_cast<T>(bits) : static_cast<T>(kCanonicalNan);
}

template <class T>
void put(Context& c, unsigned i, T bits) {
  c.hart.state.f[i] = sizeof(T) == 4 ? kBox | bits : bits;
}

std::optional<fpu::Rounding> rounding(const Context& c, const MicroOp* op) {
  constexpr unsigned kDynamic = 7, kLast = 4;
  unsigned rm = op->rm == kDynamic ? c.hart.state.frm : op->rm;
  if (rm > kLast) return std::nullopt;
  return static_cast<fpu::Rounding>(rm);
}

// Runs body with flags to OR into fcsr. Anything that writes FP state makes FS dirty.
template <class Body>
void with_flags(Context& c, const MicroOp* op, Body body) {
  if (!c.hart.fp_enabled()) return c.raise_illegal(op);
  body(c.hart.state.fflags);
  c.hart.mark_fp_dirty();
  return next(c, op);
}
template <class Body>
void with_rounding(Context& c, const MicroOp* op, Body body) {
  auto rm = rounding(c, op);
  if (!c.hart.fp_enabled() || !rm) return c.raise_illegal(op);
  body(*rm, c.hart.state.fflags);
  c.hart.mark_fp_dirty();
  return next(c, op);
}

// f, f -> f, rounded
template <class T, auto F>
void binary(Context& c, const MicroOp* op) {
  return with_rounding(c, op, [&](fpu::Rounding rm, uint8_t& flags) {
    put<T>(c, op->rd, F(rm, get<T>(c, op->rs1), get<T>(c, op->rs2), flags));
  });
}
template <class T>
void square_root(Context& c, const MicroOp* op) {
  return with_rounding(c, op, [&](fpu::Rounding rm, uint8_t& flags) {
    put<T>(c, op->rd, fpu::sqrt(rm, get<T>(c, op->rs1), flags));
  });
}
// ±(a × b) ± c: the sign of the product and of the addend are flipped before one rounding.
template <class T, bool kNegateProduct, bool kNegateAddend>
void fused(Context& c, const MicroOp* op) {
  constexpr T kSign = T{1} << (8 * sizeof(T) - 1);
  return with_rounding(c, op, [&](fpu::Rounding rm, uint8_t& flags) {
    T a = get<T>(c, op->rs1) ^ (kNegateProduct ? kSign : T{0});
    T addend = get<T>(c, op->rs3) ^ (kNegateAddend ? kSign : T{0});
    put<T>(c, op->rd, fpu::fma(rm, a, get<T>(c, op->rs2), addend, flags));
  });
}
// f, f -> f, exact
template <class T, auto F>
void select(Context& c, const MicroOp* op) {
  return with_flags(c, op, [&](uint8_t& flags) {
    put<T>(c, op->rd, F(get<T>(c, op->rs1), get<T>(c, op->rs2), flags));
  });
}
template <class T, auto F>
void sign_inject(Context& c, const MicroOp* op) {
  return with_flags(c, op, [&](uint8_t&) { put<T>(c, op->rd, F(get<T>(c, op->rs1), get<T>(c, op->rs2))); });
}
template <class T, auto F>
void compare(Context& c, const MicroOp* op) {
  return with_flags(c, op, [&](uint8_t& flags) { c.x[op->rd] = F(get<T>(c, op->rs1), get<T>(c, op->rs2), flags); });
}
template <class T>
void classify(Context& c, const MicroOp* op) {
  if (!c.hart.fp_enabled()) return c.raise_illegal(op);
  c.x[op->rd] = fpu::classify(get<T>(c, op->rs1));
  return next(c, op);
}
// f -> x: 32-bit results are sign-extended, unsigned ones too.
template <class T, auto F>
void to_integer(Context& c, const MicroOp* op) {
  return with_rounding(c, op, [&](fpu::Rounding rm, uint8_t& flags) {
    auto v = F(rm, get<T>(c, op->rs1), flags);
    if constexpr (sizeof(v) == 4) {
      c.x[op->rd] = static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(v)));
    } else {
      c.x[op->rd] = static_cast<uint64_t>(v);
    }
  });
}
template <class T, class From, auto F>
void from_integer(Context& c, const MicroOp* op) {
  return with_rounding(c, op, [&](fpu::Rounding rm, uint8_t& flags) {
    put<T>(c, op->rd, F(rm, static_cast<From>(c.x[op->rs1]), flags));
  });
}
void narrow(Context& c, const MicroOp* op) {
  return with_rounding(c, op, [&](fpu::Rounding rm, uint8_t& flags) {
    put<F32>(c, op->rd, fpu::narrow(rm, get<F64>(c, op->rs1), flags));
  });
}
void widen(Context& c, const MicroOp* op) {
  return with_rounding(c, op, [&](fpu::Rounding, uint8_t& flags) {
    put<F64>(c, op->rd, fpu::widen(get<F32>(c, op->rs1), flags));
  });
}
// The move instructions look at bits, not values: no NaN boxing check.
void move_x_w(Context& c, const MicroOp* op) {
  if (!c.hart.fp_enabled()) return c.raise_illegal(op);
  c.x[op->rd] = static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(c.hart.state.f[op->rs1])));
  return next(c, op);
}
void move_x_d(Context& c, const MicroOp* op) {
  if (!c.hart.fp_enabled()) return c.raise_illegal(op);
  c.x[op->rd] = c.hart.state.f[op->rs1];
  return next(c, op);
}
template <class T>
void move_f_x(Context& c, const MicroOp* op) {
  return with_flags(c, op, [&](uint8_t&) { put<T>(c, op->rd, static_cast<T>(c.x[op->rs1])); });
}


}  // namespace

// Overloaded functions cannot be template arguments; a lambda that names one can.
#define FPU(name) [](auto&&... args) { return fpu::name(args...); }

template <class T>
void install_arithmetic(HandlerTable& t, const Op (&ops)[18]) {
  t[ops[0]] = binary<T, FPU(add)>;
  t[ops[1]] = binary<T, FPU(sub)>;
  t[ops[2]] = binary<T, FPU(mul)>;
  t[ops[3]] = binary<T, FPU(div)>;
  t[ops[4]] = square_root<T>;
  t[ops[5]] = fused<T, false, false>;
  t[ops[6]] = fused<T, false, true>;
  t[ops[7]] = fused<T, true, false>;
  t[ops[8]] = fused<T, true, true>;
  t[ops[9]] = sign_inject<T, FPU(sgnj)>;
  t[ops[10]] = sign_inject<T, FPU(sgnjn)>;
  t[ops[11]] = sign_inject<T, FPU(sgnjx)>;
  t[ops[12]] = select<T, FPU(min)>;
  t[ops[13]] = select<T, FPU(max)>;
  t[ops[14]] = compare<T, FPU(eq)>;
  t[ops[15]] = compare<T, FPU(lt)>;
  t[ops[16]] = compare<T, FPU(le)>;
  t[ops[17]] = classify<T>;
}

void install_float(HandlerTable& t) {
  install_arithmetic<F32>(t, {Op::kFaddS, Op::kFsubS, Op::kFmulS, Op::kFdivS, Op::kFsqrtS, Op::kFmaddS,
                              Op::kFmsubS, Op::kFnmsubS, Op::kFnmaddS, Op::kFsgnjS, Op::kFsgnjnS, Op::kFsgnjxS,
                              Op::kFminS, Op::kFmaxS, Op::kFeqS, Op::kFltS, Op::kFleS, Op::kFclassS});
  install_arithmetic<F64>(t, {Op::kFaddD, Op::kFsubD, Op::kFmulD, Op::kFdivD, Op::kFsqrtD, Op::kFmaddD,
                              Op::kFmsubD, Op::kFnmsubD, Op::kFnmaddD, Op::kFsgnjD, Op::kFsgnjnD, Op::kFsgnjxD,
                              Op::kFminD, Op::kFmaxD, Op::kFeqD, Op::kFltD, Op::kFleD, Op::kFclassD});
  t[Op::kFcvtWS] = to_integer<F32, FPU(to_i32)>;
  t[Op::kFcvtWuS] = to_integer<F32, FPU(to_u32)>;
  t[Op::kFcvtLS] = to_integer<F32, FPU(to_i64)>;
  t[Op::kFcvtLuS] = to_integer<F32, FPU(to_u64)>;
  t[Op::kFcvtWD] = to_integer<F64, FPU(to_i32)>;
  t[Op::kFcvtWuD] = to_integer<F64, FPU(to_u32)>;
  t[Op::kFcvtLD] = to_integer<F64, FPU(to_i64)>;
  t[Op::kFcvtLuD] = to_integer<F64, FPU(to_u64)>;
  t[Op::kFcvtSW] = from_integer<F32, int32_t, FPU(from_i32_s)>;
  t[Op::kFcvtSWu] = from_integer<F32, uint32_t, FPU(from_u32_s)>;
  t[Op::kFcvtSL] = from_integer<F32, int64_t, FPU(from_i64_s)>;
  t[Op::kFcvtSLu] = from_integer<F32, uint64_t, FPU(from_u64_s)>;
  t[Op::kFcvtDW] = from_integer<F64, int32_t, FPU(from_i32_d)>;
  t[Op::kFcvtDWu] = from_integer<F64, uint32_t, FPU(from_u32_d)>;
  t[Op::kFcvtDL] = from_integer<F64, int64_t, FPU(from_i64_d)>;
  t[Op::kFcvtDLu] = from_integer<F64, uint64_t, FPU(from_u64_d)>;
  t[Op::kFcvtSD] = narrow;
  t[Op::kFcvtDS] = widen;
  t[Op::kFmvXW] = move_x_w;
  t[Op::kFmvXD] = move_x_d;
  t[Op::kFmvWX] = move_f_x<F32>;
  t[Op::kFmvDX] = move_f_x<F64>;
}

#undef FPU

}  // namespace recount::interp
