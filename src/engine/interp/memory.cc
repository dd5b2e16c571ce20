// Loads, stores, and cache-block operations. Integer and floating-point registers share the helpers.

#include <type_traits>

#include "engine/interp/micro_op.h"

namespace recount::interp {
namespace {

uint64_t address_of(const Context& c, const MicroOp* op) {
  return c.x[op->rs1] + static_cast<uint64_t>(static_cast<int64_t>(op->imm));
}

// A device may have been reached: interrupt levels, time, anything may have changed.
bool world_touched(Mmu& mmu) { return mmu.device_touched || mmu.code_changed; }

// Put writes the loaded bits where they belong: Put(context, rd, bits).
template <class T, auto Put>
[[gnu::noinline]] void load_slow(Context& c, const MicroOp* op) {
  c.sync(op);
  auto bits = c.hart.mmu.load(address_of(c, op), sizeof(T));
  if (!bits) return c.raise(op, bits.error());
  Put(c, op->rd, static_cast<T>(*bits));
  if (world_touched(c.hart.mmu)) return c.leave(op);
  return next(c, op);
}

template <class T, auto Put>
void load(Context& c, const MicroOp* op) {
  const uint8_t* host = c.hart.mmu.cached_load(address_of(c, op), sizeof(T));
  if (host == nullptr) [[unlikely]] return load_slow<T, Put>(c, op);
  Put(c, op->rd, load_le<T>(host));
  return next(c, op);
}

template <class T>
[[gnu::noinline]] void store_slow(Context& c, const MicroOp* op, uint64_t value) {
  c.sync(op);
  auto done = c.hart.mmu.store(address_of(c, op), sizeof(T), value);
  if (!done) return c.raise(op, done.error());
  if (world_touched(c.hart.mmu)) return c.leave(op);
  return next(c, op);
}

template <class T>
void store_value(Context& c, const MicroOp* op, uint64_t value) {
  uint8_t* host = c.hart.mmu.cached_store(address_of(c, op), sizeof(T));
  if (host == nullptr) [[unlikely]] return store_slow<T>(c, op, value);
  store_le<T>(host, static_cast<T>(value));
  return next(c, op);
}

template <class T>
void store(Context& c, const MicroOp* op) {
  return store_value<T>(c, op, c.x[op->rs2]);
}

// Sign- or zero-extends by T's signedness.
constexpr auto put_x = [](Context& c, unsigned rd, auto bits) {
  if constexpr (std::is_signed_v<decltype(bits)>) {
    c.x[rd] = static_cast<uint64_t>(static_cast<int64_t>(bits));
  } else {
    c.x[rd] = bits;
  }
};
// A narrower value is NaN-boxed. Unprivileged spec, "NaN Boxing of Narrower Values".
constexpr auto put_f = [](Context& c, unsigned rd, auto bits) {
  c.hart.state.f[rd] = sizeof(bits) == 4 ? 0xffffffff00000000ull | bits : bits;
  c.hart.mark_fp_dirty();
};

template <class T>
void load_f(Context& c, const MicroOp* op) {
  if (!c.hart.fp_enabled()) return c.raise_illegal(op);
  return load<T, put_f>(c, op);
}
template <class T>
void store_f(Context& c, const MicroOp* op) {
  if (!c.hart.fp_enabled()) return c.raise_illegal(op);
  return store_value<T>(c, op, c.hart.state.f[op->rs2]);
}

// Zicboz, Zicbom. CMO spec, "Environment Configuration Registers". In a coherent machine without caches,
// cbo.clean/flush/inval only check that they may.
constexpr uint64_t kBlockSize = 64;

bool enabled(const Context& c, uint64_t field) {
  const HartState& s = c.hart.state;
  if (s.privilege == Privilege::kMachine) return true;
  if ((s.menvcfg & field) == 0) return false;
  return s.privilege != Privilege::kUser || (s.senvcfg & field) != 0;
}

void cbo_zero(Context& c, const MicroOp* op) {
  if (!enabled(c, menvcfg::kCbze)) return c.raise_illegal(op);
  c.sync(op);
  uint64_t va = c.x[op->rs1] & ~(kBlockSize - 1);
  for (uint64_t i = 0; i < kBlockSize; i += 8) {
    if (uint8_t* host = c.hart.mmu.cached_store(va + i, 8); host != nullptr) {
      store_le<uint64_t>(host, 0);
      continue;
    }
    auto done = c.hart.mmu.store(va + i, 8, 0);
    if (!done) return c.raise(op, {done.error().cause, c.x[op->rs1]});
  }
  if (world_touched(c.hart.mmu)) return c.leave(op);
  return next(c, op);
}

template <uint64_t kField>
void cbo_maintain(Context& c, const MicroOp* op) {
  if (!enabled(c, kField)) return c.raise_illegal(op);
  auto gpa = c.hart.mmu.translate_block(c.x[op->rs1], Access::kLoad);
  if (!gpa) {
    // "Exceptions": as for a store, whatever the permission was that let it through.
    Cause cause = gpa.error().cause == Cause::kLoadPage ? Cause::kStorePage : Cause::kStoreAccess;
    return c.raise(op, {cause, gpa.error().tval});
  }
  return next(c, op);
}

}  // namespace

void install_memory(HandlerTable& t) {
  t[Op::kLb] = load<int8_t, put_x>;
  t[Op::kLh] = load<int16_t, put_x>;
  t[Op::kLw] = load<int32_t, put_x>;
  t[Op::kLd] = load<uint64_t, put_x>;
  t[Op::kLbu] = load<uint8_t, put_x>;
  t[Op::kLhu] = load<uint16_t, put_x>;
  t[Op::kLwu] = load<uint32_t, put_x>;
  t[Op::kSb] = store<uint8_t>;
  t[Op::kSh] = store<uint16_t>;
  t[Op::kSw] = store<uint32_t>;
  t[Op::kSd] = store<uint64_t>;
  t[Op::kFlw] = load_f<uint32_t>;
  t[Op::kFld] = load_f<uint64_t>;
  t[Op::kFsw] = store_f<uint32_t>;
  t[Op::kFsd] = store_f<uint64_t>;
  t[Op::kCboZero] = cbo_zero;
  t[Op::kCboClean] = cbo_maintain<menvcfg::kCbcfe>;
  t[Op::kCboFlush] = cbo_maintain<menvcfg::kCbcfe>;
  t[Op::kCboInval] = cbo_maintain<menvcfg::kCbie>;
}

}  // namespace recount::interp
