// What translated code calls when its inline path does not do. MXCSR is the guest's meanwhile: nothing here may
// compute in floating point, but for hart/fpu, which has its own.

#include <xmmintrin.h>

#include "engine/jit/jit.h"
#include "isa/csr.h"

namespace recount {

using x64::ExitReason;
using x64::Info;
using x64::Word;

// The position before the instruction that asks.
void Jit::sync(const Info& where) { time_.steps = limit_ - (word(Word::kBudget) + where.remaining); }

bool Jit::fetch_keys_hold() const {
  constexpr uint64_t kHighHalf = 1ull << 63;
  auto known = [this](Word w) { return hart_.engine_words[static_cast<size_t>(w)]; };
  return known(Word::kFetchKey) == fetch_key(0) && known(Word::kHighFetchKey) == fetch_key(kHighHalf);
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

namespace {

// While translated code runs, MXCSR is the guest's. A device and whoever listens to it computes with the host's: else
// the guest's rounding would change what they say, and the flags they raise would become the guest's.
class HostFloatingPoint {
 public:
  HostFloatingPoint() : guest_(_mm_getcsr()) { _mm_setcsr(x64::kDefaultMxcsr); }
  ~HostFloatingPoint() { _mm_setcsr(guest_); }
  HostFloatingPoint(const HostFloatingPoint&) = delete;
  HostFloatingPoint& operator=(const HostFloatingPoint&) = delete;

 private:
  const uint32_t guest_;
};

}  // namespace

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
    HostFloatingPoint host_floating_point;
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
    HostFloatingPoint host_floating_point;
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

// Behind which only an interrupt that is pending already could be due.
bool only_unmasks(const interp::MicroOp& op) {
  Insn insn = decode(op.raw);
  switch (insn.op) {
    case Op::kSret:
    case Op::kMret: return true;
    case Op::kCsrrw:
    case Op::kCsrrs:
    case Op::kCsrrc:
    case Op::kCsrrwi:
    case Op::kCsrrsi:
    case Op::kCsrrci:
      return insn.imm == csr::kSstatus || insn.imm == csr::kMstatus || insn.imm == csr::kSatp || insn.imm == csr::kSepc ||
             insn.imm == csr::kScause || insn.imm == csr::kStval || insn.imm == csr::kStvec;
    default: return false;
  }
}

// The registers whose values are in MXCSR while translated code runs. "Floating-Point Control and Status Register".
bool accesses_fcsr(const interp::MicroOp& op) {
  constexpr uint32_t kOpcode = 0x7f, kSystem = 0x73, kFunct3 = 0x7000;
  bool is_csr = (op.raw & kOpcode) == kSystem && (op.raw & kFunct3) != 0;
  return is_csr && op.imm >= static_cast<int>(csr::kFflags) && op.imm <= static_cast<int>(csr::kFcsr);
}

}  // namespace

// With no flag raised.
uint32_t Jit::guest_mxcsr() const {
  constexpr uint32_t kControl[] = {0, 3, 1, 2};  // nearest, to zero, down, up; no guard lets the others in
  constexpr unsigned kRoundingShift = 13;
  return x64::kDefaultMxcsr | kControl[hart_.state.frm & 3] << kRoundingShift;
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
    bool follows = hart_.state.pc == pc + where.length && fetch_keys_hold();
    return follows ? ExitReason::kGoOn : resume();
  }
  return ExitReason::kGoOn;
}

}  // namespace recount
