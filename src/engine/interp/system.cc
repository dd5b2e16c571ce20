// Environment calls, returns, WFI, fences, CSR instructions. Whatever may change which interrupts are
// pending or enabled ends the block, so that they are looked at before the next step.

#include "engine/interp/micro_op.h"
#include "isa/csr.h"

namespace recount::interp {
namespace {

// CSR instructions: rs1 (or the immediate) is the operand; csrrs/csrrc with x0 do not write.
// Unprivileged spec, "'Zicsr' Extension".
enum class CsrOp : uint8_t { kWrite, kSet, kClear };
enum class Operand : uint8_t { kRegister, kImmediate };

template <CsrOp kOp, Operand kOperand>
void csr_access(Context& c, const MicroOp* op) {
  c.sync(op);
  auto number = static_cast<unsigned>(op->imm);
  uint64_t operand = kOperand == Operand::kRegister ? c.x[op->rs1] : op->rs1;
  bool writes = kOp == CsrOp::kWrite || op->rs1 != 0;
  auto old = c.hart.read_csr(number);
  if (!old) return c.raise_illegal(op);
  if (writes) {
    // "mip": SEIP as software wrote it, not the line, takes part in read-modify-write.
    uint64_t base = number == csr::kMip ? c.hart.state.mip : *old;
    uint64_t value = kOp == CsrOp::kWrite ? operand : kOp == CsrOp::kSet ? base | operand : base & ~operand;
    if (!c.hart.write_csr(number, value)) return c.raise_illegal(op);
  }
  c.x[op->rd] = *old;
  // Reads have no side effects here, and neither has writing a register that decides nothing.
  if (!writes || number == csr::kSscratch || number == csr::kMscratch || number <= csr::kFcsr) return next(c, op);
  return c.leave(op);
}

void ecall(Context& c, const MicroOp* op) {
  HartState& s = c.hart.state;
  if (s.privilege == Privilege::kSupervisor && s.native_sbi) {
    ++s.unretired;
    return c.leave(op, Outcome::kSbiCall);
  }
  Cause cause = s.privilege == Privilege::kUser         ? Cause::kEcallU
                : s.privilege == Privilege::kSupervisor ? Cause::kEcallS
                                                        : Cause::kEcallM;
  return c.raise(op, {cause, 0});
}
void ebreak(Context& c, const MicroOp* op) { return c.raise(op, {Cause::kBreakpoint, c.pc_of(op)}); }

void mret(Context& c, const MicroOp* op) {
  if (!c.hart.mret()) return c.raise_illegal(op);
  return c.end(op, c.hart.state.pc, Outcome::kAttention);
}
void sret(Context& c, const MicroOp* op) {
  if (!c.hart.sret()) return c.raise_illegal(op);
  return c.end(op, c.hart.state.pc, Outcome::kAttention);
}
void wfi(Context& c, const MicroOp* op) {
  if (!c.hart.wfi()) return c.raise_illegal(op);
  return c.leave(op);
}
// "Zihintpause": the hart waits for another one, so its turn is over.
void pause(Context& c, const MicroOp* op) {
  c.hart.state.paused = true;
  return c.leave(op);
}
void sfence_vma(Context& c, const MicroOp* op) {
  if (!c.hart.sfence_vma()) return c.raise_illegal(op);
  return next(c, op);
}
// Fetching is coherent with stores: a store to decoded code has already dropped it.
void fence_i(Context& c, const MicroOp* op) { return next(c, op); }

void illegal(Context& c, const MicroOp* op) { return c.raise_illegal(op); }

}  // namespace

void fall_through(Context& c, const MicroOp* op) { return c.end(op - 1, c.pc_of(op)); }

void install_system(HandlerTable& t) {
  t[Op::kIllegal] = illegal;
  t[Op::kEcall] = ecall;
  t[Op::kEbreak] = ebreak;
  t[Op::kMret] = mret;
  t[Op::kSret] = sret;
  t[Op::kWfi] = wfi;
  t[Op::kPause] = pause;
  t[Op::kSfenceVma] = sfence_vma;
  t[Op::kFenceI] = fence_i;
  t[Op::kCsrrw] = csr_access<CsrOp::kWrite, Operand::kRegister>;
  t[Op::kCsrrs] = csr_access<CsrOp::kSet, Operand::kRegister>;
  t[Op::kCsrrc] = csr_access<CsrOp::kClear, Operand::kRegister>;
  t[Op::kCsrrwi] = csr_access<CsrOp::kWrite, Operand::kImmediate>;
  t[Op::kCsrrsi] = csr_access<CsrOp::kSet, Operand::kImmediate>;
  t[Op::kCsrrci] = csr_access<CsrOp::kClear, Operand::kImmediate>;
}

}  // namespace recount::interp
