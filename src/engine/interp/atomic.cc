// A: LR/SC and AMOs. One hart runs at a time, so an AMO is a load and a store.
// Unprivileged spec, "'A' Extension for Atomic Instructions".

#include "engine/interp/micro_op.h"

namespace recount::interp {
namespace {

template <class T>
uint64_t extend(T v) {
  return static_cast<uint64_t>(static_cast<int64_t>(static_cast<std::make_signed_t<T>>(v)));
}

// An AMO faults as a store, whichever permission is missing: the privileged spec, "Memory Access to ...
// AMO"; so translating for a store is enough (there is no write-only page).
template <class T, auto F>
void amo(Context& c, const MicroOp* op) {
  Mmu& mmu = c.hart.mmu;
  uint64_t va = c.x[op->rs1];
  auto source = static_cast<T>(c.x[op->rs2]);
  if ((va & (sizeof(T) - 1)) != 0) return c.raise(op, {Cause::kStoreMisaligned, va});
  if (uint8_t* host = mmu.cached_store(va, sizeof(T)); host != nullptr) [[likely]] {
    T old = load_le<T>(host);
    store_le<T>(host, static_cast<T>(F(old, source)));
    c.x[op->rd] = extend(old);
    return next(c, op);
  }
  auto gpa = mmu.translate_atomic(va, sizeof(T), Access::kStore);
  if (!gpa) return c.raise(op, gpa.error());
  T old = mmu.read_ram<T>(*gpa);
  c.sync(op);
  auto done = mmu.store(va, sizeof(T), static_cast<T>(F(old, source)));
  if (!done) return c.raise(op, done.error());
  c.x[op->rd] = extend(old);
  if (mmu.code_changed) return c.leave(op);
  return next(c, op);
}

template <class T>
void load_reserved(Context& c, const MicroOp* op) {
  HartState& s = c.hart.state;
  auto gpa = c.hart.mmu.translate_atomic(c.x[op->rs1], sizeof(T), Access::kLoad);
  if (!gpa) return c.raise(op, gpa.error());
  T value = c.hart.mmu.read_ram<T>(*gpa);
  s.reserved = true;
  s.reservation = raw(*gpa);
  s.reserved_value = extend(value);
  c.x[op->rd] = extend(value);
  if (c.hart.mmu.code_changed) return c.leave(op);
  return next(c, op);
}

// Succeeds if the reservation names this address and the value is what LR read: DMA in between shows.
template <class T>
void store_conditional(Context& c, const MicroOp* op) {
  HartState& s = c.hart.state;
  Mmu& mmu = c.hart.mmu;
  uint64_t va = c.x[op->rs1];
  // "No SC.W instruction shall retire unless it passes memory permission checks": one that fails faults as a store would, and
  // sets A and D.
  bool reserved = s.reserved;
  s.reserved = false;
  auto gpa = mmu.translate_atomic(va, sizeof(T), Access::kStore);
  if (!gpa) return c.raise(op, gpa.error());
  if (!reserved || raw(*gpa) != s.reservation || extend(mmu.read_ram<T>(*gpa)) != s.reserved_value) {
    c.x[op->rd] = 1;
    return next(c, op);
  }
  auto value = static_cast<T>(c.x[op->rs2]);
  if (uint8_t* host = mmu.cached_store(va, sizeof(T)); host != nullptr) [[likely]] {
    store_le<T>(host, value);
    c.x[op->rd] = 0;
    return next(c, op);
  }
  c.sync(op);
  auto done = mmu.store(va, sizeof(T), value);
  if (!done) return c.raise(op, done.error());
  c.x[op->rd] = 0;
  if (mmu.code_changed) return c.leave(op);
  return next(c, op);
}

template <class T>
T swap(T, T b) { return b; }
template <class T>
T add(T a, T b) { return static_cast<T>(a + b); }
template <class T>
T xor_(T a, T b) { return a ^ b; }
template <class T>
T and_(T a, T b) { return a & b; }
template <class T>
T or_(T a, T b) { return a | b; }
template <class T>
T minu(T a, T b) { return a < b ? a : b; }
template <class T>
T maxu(T a, T b) { return a < b ? b : a; }
template <class T>
T min(T a, T b) {
  using Signed = std::make_signed_t<T>;
  return static_cast<Signed>(a) < static_cast<Signed>(b) ? a : b;
}
template <class T>
T max(T a, T b) {
  using Signed = std::make_signed_t<T>;
  return static_cast<Signed>(a) < static_cast<Signed>(b) ? b : a;
}

using W = uint32_t;
using D = uint64_t;

}  // namespace

void install_atomic(HandlerTable& t) {
  t[Op::kLrW] = load_reserved<W>;
  t[Op::kLrD] = load_reserved<D>;
  t[Op::kScW] = store_conditional<W>;
  t[Op::kScD] = store_conditional<D>;
  t[Op::kAmoswapW] = amo<W, swap<W>>;
  t[Op::kAmoswapD] = amo<D, swap<D>>;
  t[Op::kAmoaddW] = amo<W, add<W>>;
  t[Op::kAmoaddD] = amo<D, add<D>>;
  t[Op::kAmoxorW] = amo<W, xor_<W>>;
  t[Op::kAmoxorD] = amo<D, xor_<D>>;
  t[Op::kAmoandW] = amo<W, and_<W>>;
  t[Op::kAmoandD] = amo<D, and_<D>>;
  t[Op::kAmoorW] = amo<W, or_<W>>;
  t[Op::kAmoorD] = amo<D, or_<D>>;
  t[Op::kAmominW] = amo<W, min<W>>;
  t[Op::kAmominD] = amo<D, min<D>>;
  t[Op::kAmomaxW] = amo<W, max<W>>;
  t[Op::kAmomaxD] = amo<D, max<D>>;
  t[Op::kAmominuW] = amo<W, minu<W>>;
  t[Op::kAmominuD] = amo<D, minu<D>>;
  t[Op::kAmomaxuW] = amo<W, maxu<W>>;
  t[Op::kAmomaxuD] = amo<D, maxu<D>>;
}

}  // namespace recount::interp
