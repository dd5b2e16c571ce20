// Trap entry, interrupts and returns. Privileged spec, "Machine-Level ISA" and "Supervisor-Level ISA".

#include <array>
#include <utility>

#include "hart/hart.h"

namespace recount {
namespace {

constexpr uint64_t kInterruptBit = 1ull << 63;

// Which of the pending and enabled interrupts would be taken now, and by which mode.
struct Deliverable {
  uint64_t to_machine, to_supervisor;
};

Deliverable deliverable(const HartState& s, uint64_t pending) {
  bool machine_on = s.privilege != Privilege::kMachine || (s.mstatus & mstatus::kMie) != 0;
  bool supervisor_on =
      s.privilege == Privilege::kUser || (s.privilege == Privilege::kSupervisor && (s.mstatus & mstatus::kSie) != 0);
  return {.to_machine = machine_on ? pending & ~s.mideleg : 0, .to_supervisor = supervisor_on ? pending & s.mideleg : 0};
}

}  // namespace

uint64_t pending_interrupts(const HartState& hart, uint64_t now_ticks) {
  uint64_t pending = hart.mip | hart.lines;
  if ((hart.menvcfg & menvcfg::kStce) != 0) {
    // Sstc: STIP follows the comparison alone.
    pending &= ~(1ull << kSti);
    if (now_ticks >= hart.stimecmp) pending |= 1ull << kSti;
  }
  return pending;
}

bool keeps_interrupts_waiting(const HartState& hart, uint64_t now_ticks) {
  uint64_t pending = pending_interrupts(hart, now_ticks) & hart.mie;
  if (pending == 0) return false;
  Deliverable now = deliverable(hart, pending);
  return now.to_machine == 0 && now.to_supervisor == 0;
}

Hart::Hart(uint64_t hart_id, Ram& ram, Bus& bus, const Timebase& timebase, Caching caching)
    : mmu(state, ram, bus, caching), timebase_(timebase) {
  state.hart_id = hart_id;
}

uint64_t Hart::mip() const { return pending_interrupts(state, timebase_.ticks()); }

uint64_t Hart::timer_deadline() const {
  if ((state.menvcfg & menvcfg::kStce) == 0 || timebase_.ticks() >= state.stimecmp) return kNever;
  return timebase_.steps_at(state.stimecmp);
}

void Hart::enter(uint64_t cause_bits, uint64_t tval, bool to_supervisor) {
  uint64_t& status = state.mstatus;
  uint64_t tvec;
  if (to_supervisor) {
    state.sepc = state.pc;
    state.scause = cause_bits;
    state.stval = tval;
    uint64_t spie = (status & mstatus::kSie) != 0 ? mstatus::kSpie : 0;
    uint64_t spp = state.privilege == Privilege::kUser ? 0 : mstatus::kSpp;
    status = (status & ~(mstatus::kSie | mstatus::kSpie | mstatus::kSpp)) | spie | spp;
    state.privilege = Privilege::kSupervisor;
    tvec = state.stvec;
  } else {
    state.mepc = state.pc;
    state.mcause = cause_bits;
    state.mtval = tval;
    uint64_t mpie = (status & mstatus::kMie) != 0 ? mstatus::kMpie : 0;
    uint64_t mpp = static_cast<uint64_t>(state.privilege) << mstatus::kMppShift;
    status = (status & ~(mstatus::kMie | mstatus::kMpie | mstatus::kMpp)) | mpie | mpp;
    state.privilege = Privilege::kMachine;
    tvec = state.mtvec;
  }
  uint64_t base = tvec & ~3ull;
  bool vectored = (tvec & 3) == 1 && (cause_bits & kInterruptBit) != 0;
  state.pc = vectored ? base + 4 * (cause_bits & ~kInterruptBit) : base;
  ++state.unretired;
  mmu.update_context();
}

void Hart::take_trap(const Trap& trap) {
  auto cause = static_cast<uint64_t>(trap.cause);
  bool delegated = state.privilege != Privilege::kMachine && (state.medeleg >> cause & 1) != 0;
  enter(cause, trap.tval, delegated);
}

bool Hart::take_interrupt() {
  uint64_t pending = mip() & state.mie;
  if (pending == 0) return false;
  state.waiting = false;
  auto [to_machine, to_supervisor] = deliverable(state, pending);
  // "Machine Interrupt (mip and mie) Registers": MEI, MSI, MTI, SEI, SSI, STI, in this order.
  constexpr std::array<unsigned, 6> kPriority = {kMei, kMsi, kMti, kSei, kSsi, kSti};
  for (auto [candidates, supervisor] : {std::pair{to_machine, false}, std::pair{to_supervisor, true}}) {
    if (candidates == 0) continue;
    for (unsigned interrupt : kPriority) {
      if ((candidates >> interrupt & 1) == 0) continue;
      enter(kInterruptBit | interrupt, 0, supervisor);
      return true;
    }
  }
  return false;
}

bool Hart::mret() {
  if (state.privilege != Privilege::kMachine) return false;
  uint64_t& status = state.mstatus;
  auto previous = static_cast<Privilege>((status & mstatus::kMpp) >> mstatus::kMppShift);
  uint64_t mie = (status & mstatus::kMpie) != 0 ? mstatus::kMie : 0;
  status = (status & ~(mstatus::kMie | mstatus::kMpp)) | mie | mstatus::kMpie;
  if (previous != Privilege::kMachine) status &= ~mstatus::kMprv;
  state.privilege = previous;
  state.pc = state.mepc;
  mmu.update_context();
  return true;
}

bool Hart::sret() {
  uint64_t& status = state.mstatus;
  if (state.privilege == Privilege::kUser) return false;
  if (state.privilege == Privilege::kSupervisor && (status & mstatus::kTsr) != 0) return false;
  auto previous = (status & mstatus::kSpp) != 0 ? Privilege::kSupervisor : Privilege::kUser;
  uint64_t sie = (status & mstatus::kSpie) != 0 ? mstatus::kSie : 0;
  status = (status & ~(mstatus::kSie | mstatus::kSpp | mstatus::kMprv)) | sie | mstatus::kSpie;
  state.privilege = previous;
  state.pc = state.sepc;
  mmu.update_context();
  return true;
}

bool Hart::wfi() {
  // TW makes WFI illegal below M "within an implementation-specific, bounded time limit": ours is zero.
  if (state.privilege == Privilege::kUser) return false;
  if (state.privilege == Privilege::kSupervisor && (state.mstatus & mstatus::kTw) != 0) return false;
  state.waiting = true;
  return true;
}

bool Hart::sfence_vma() const {
  // The TLB is coherent: there is nothing to do but to check the privilege.
  if (state.privilege == Privilege::kUser) return false;
  return state.privilege != Privilege::kSupervisor || (state.mstatus & mstatus::kTvm) == 0;
}

}  // namespace recount
