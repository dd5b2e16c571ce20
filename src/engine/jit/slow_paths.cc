// What translated code calls when its inline path does not do. MXCSR is the guest's meanwhile: nothing here may
// compute in floating point, but for hart/fpu and devices, which have their own (hart/host_float.h).

#include "engine/jit/jit.h"

#include <algorithm>

#include "hart/host_float.h"
#include "isa/csr.h"

namespace recount {

using x64::ExitReason;
using x64::Info;
using x64::Word;

void Jit::forget_groups() {
  auto words = hart_.engine_words.begin() + static_cast<size_t>(Word::kGroup);
  std::fill_n(words, x64::kGroupCount, 0);
  hart_.mmu.translations_dropped = false;
}

// The position before the instruction that asks.
void Jit::sync(const Info& where) { time_.steps = limit_ - (word(Word::kBudget) + where.remaining); }

namespace {

constexpr uint64_t kLowHalf = 0, kHighHalf = 1ull << 63;  // any address in it

}  // namespace

void Jit::set_fetch_keys() {
  word(Word::kFetchKey) = fetch_key(kLowHalf);
  word(Word::kHighFetchKey) = fetch_key(kHighHalf);
}

bool Jit::fetch_keys_hold() {
  return word(Word::kFetchKey) == fetch_key(kLowHalf) && word(Word::kHighFetchKey) == fetch_key(kHighHalf);
}

// The state is complete: back to translated code, wherever the pc leads.
ExitReason Jit::resume() {
  word(Word::kBudget) = limit_ - time_.steps;
  set_fetch_keys();
  return ExitReason::kResume;
}

ExitReason Jit::leave(Exit exit) {
  exit_ = exit;
  return ExitReason::kLeft;
}

// The instruction is done, but the block cannot go on: the world, or the code, has changed.
ExitReason Jit::behind(const Info& where) {
  sync(where);
  ++time_.steps;
  hart_.state.pc = word(Word::kPageBase) + where.offset + where.length;
  hart_.mmu.code_changed = false;
  if (!hart_.mmu.device_touched) return resume();
  hart_.mmu.device_touched = false;
  return leave(Exit::kAttention);
}

ExitReason Jit::load() {
  Mmu& mmu = hart_.mmu;
  Info where = Info::unpack(static_cast<uint32_t>(word(Word::kInfo)));
  uint64_t va = word(Word::kAddress);
  unsigned bits = 8u << where.width_log2;
  uint64_t value = 0;
  if (const uint8_t* host = mmu.cached_load(va, bits / 8); host != nullptr) {
    std::memcpy(&value, host, bits / 8);
  } else {
    sync(where);
    auto loaded = mmu.load(va, bits / 8);
    // The interpreter does it again, and takes the trap.
    if (!loaded) return ExitReason::kInterpret;
    value = *loaded;
  }
  mmu.fill_fast(va, Access::kLoad);
  if (where.sign_extends) value = static_cast<uint64_t>(static_cast<int64_t>(value << (64 - bits)) >> (64 - bits));
  word(Word::kValue) = value;
  if (!mmu.device_touched && !mmu.code_changed) return ExitReason::kGoOn;
  if (where.is_float) {
    hart_.state.f[where.slot] = bits == 32 ? 0xffffffff00000000ull | value : value;
  } else if (where.slot != 0) {
    hart_.state.x[where.slot] = value;
  }
  return behind(where);
}

ExitReason Jit::store() {
  Mmu& mmu = hart_.mmu;
  Info where = Info::unpack(static_cast<uint32_t>(word(Word::kInfo)));
  uint64_t va = word(Word::kAddress);
  unsigned size = 1u << where.width_log2;
  if (uint8_t* host = mmu.cached_store(va, size); host != nullptr) {
    std::memcpy(host, &word(Word::kValue), size);
  } else {
    sync(where);
    if (!mmu.store(va, size, word(Word::kValue))) return ExitReason::kInterpret;
  }
  mmu.fill_fast(va, Access::kStore);
  return mmu.device_touched || mmu.code_changed ? behind(where) : ExitReason::kGoOn;
}

// Pending interrupts are looked at outside. If there is none, nothing needs to be looked at.
bool Jit::interrupt_possible() const {
  return hart_.state.waiting || (hart_.mip() & hart_.state.mie) != 0;
}

namespace {

// These two look at the encoding: they are asked at every step, and decoding is dear.
bool accesses_csr(const interp::MicroOp& op) {
  constexpr uint32_t kOpcode = 0x7f, kSystem = 0x73, kFunct3 = 0x7000;
  return (op.raw & kOpcode) == kSystem && (op.raw & kFunct3) != 0;
}

// Behind which only an interrupt that is pending already could be due.
bool only_unmasks(const interp::MicroOp& op) {
  if (op.raw == info_of(Op::kSret).match || op.raw == info_of(Op::kMret).match) return true;
  if (!accesses_csr(op)) return false;
  switch (static_cast<unsigned>(op.imm)) {
    case csr::kSstatus:
    case csr::kMstatus:
    case csr::kSatp:
    case csr::kStvec: return true;
    default: return false;
  }
}

// The registers whose values are in MXCSR while translated code runs. "Floating-Point Control and Status Register".
bool accesses_fcsr(const interp::MicroOp& op) {
  return accesses_csr(op) && op.imm >= static_cast<int>(csr::kFflags) && op.imm <= static_cast<int>(csr::kFcsr);
}

}  // namespace

// With no flag raised.
uint32_t Jit::guest_mxcsr() const {
  constexpr uint32_t kControl[] = {0, 3, 1, 2};  // nearest, to zero, down, up; no guard lets the others in
  constexpr unsigned kRoundingShift = 13;
  return kDefaultMxcsr | kControl[hart_.state.frm & 3] << kRoundingShift;
}

void Jit::take_flags(uint32_t mxcsr) {
  // MXCSR: IE DE ZE OE UE PE from bit 0; fflags: NX UF OF DZ NV from bit 0. DE has no counterpart.
  auto flags = (mxcsr >> 5 & 1) | (mxcsr >> 3 & 2) | (mxcsr >> 1 & 4) | (mxcsr << 1 & 8) | (mxcsr << 4 & 16);
  hart_.state.fflags = static_cast<uint8_t>(hart_.state.fflags | flags);
}

void Jit::set_float_mode() {
  constexpr uint8_t kLastOfTheHost = 3;  // frm: nearest with ties to the greater magnitude, it cannot do
  bool dirty = (hart_.state.mstatus & mstatus::kFs) == mstatus::kFs;
  auto use = dirty && hart_.state.frm <= kLastOfTheHost ? ir::FloatUse::kWrites
             : hart_.fp_enabled()                       ? ir::FloatUse::kReads
                                                        : ir::FloatUse::kNone;
  word(Word::kFloatMode) = static_cast<uint64_t>(use);
}

ExitReason Jit::step() {
  Info where = Info::unpack(static_cast<uint32_t>(word(Word::kInfo)));
  const auto* op = reinterpret_cast<const interp::MicroOp*>(word(Word::kStepOp));
  sync(where);
  uint64_t pc = word(Word::kPageBase) + where.offset;
  bool fcsr = accesses_fcsr(*op);
  if (fcsr) take_flags(_mm_getcsr());
  auto did = interpreter_.execute(op, pc);
  if (fcsr) _mm_setcsr(guest_mxcsr());
  set_float_mode();
  if (did.outcome == interp::Outcome::kContinue && !did.device_touched) [[likely]] {
    if (where.is_atomic) {
      hart_.mmu.fill_fast(word(Word::kAddress), Access::kLoad);
      hart_.mmu.fill_fast(word(Word::kAddress), Access::kStore);
    }
    return ExitReason::kGoOn;
  }
  if (did.trap_loop) return leave(Exit::kTrapLoop);
  if (did.outcome == interp::Outcome::kSbiCall) return leave(Exit::kSbiCall);
  if (did.device_touched) return leave(Exit::kAttention);
  if (did.outcome == interp::Outcome::kTrap) return resume();
  if (did.outcome == interp::Outcome::kAttention) {
    if (!only_unmasks(*op) || interrupt_possible()) return leave(Exit::kAttention);
    // Behind a return there is no code of the block, wherever it leads.
    bool follows = accesses_csr(*op) && hart_.state.pc == pc + where.length && fetch_keys_hold();
    return follows ? ExitReason::kGoOn : resume();
  }
  return ExitReason::kGoOn;
}

}  // namespace recount
