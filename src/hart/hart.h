#pragma once
// A hart: its architectural state and what architecture does to it. Knows no engine, device or clock;
// time comes from the machine's Timebase.

#include <optional>

#include "hart/hart_state.h"
#include "hart/mmu.h"
#include "hart/timebase.h"
#include "hart/trap.h"

namespace recount {

// Of a hart that runs or does not: mip as it is then.
uint64_t pending_interrupts(const HartState& hart, uint64_t now_ticks);
// An interrupt is pending and enabled, and the hart's mode or its global enable keeps all such from being taken.
bool keeps_interrupts_waiting(const HartState& hart, uint64_t now_ticks);

class Hart {
 public:
  Hart(uint64_t hart_id, Ram& ram, Bus& bus, const Timebase& timebase, Caching caching);

  HartState state;
  Mmu mmu;
  // The engine's own: translated code reaches it and the state from one register. Never architectural.
  std::array<uint64_t, 32> engine_words{};

  // Privileged spec, "Control and Status Registers (CSRs)". nullopt: no such register, or not at this
  // privilege: an illegal instruction.
  std::optional<uint64_t> read_csr(unsigned number) const;
  bool write_csr(unsigned number, uint64_t value);

  uint64_t mip() const;
  uint64_t mstatus() const;  // with SD, which follows FS

  // Enters the handler: pc, cause, previous modes. Counts as an unretired step (the caller counts the step).
  void take_trap(const Trap& trap);
  // Takes the most urgent interrupt that is pending and enabled, if there is one; leaves WFI when one is
  // pending at all. True if the handler was entered.
  bool take_interrupt();
  // False if the instruction is illegal here.
  bool mret();
  bool sret();
  bool wfi();
  bool sfence_vma() const;

  // When the supervisor timer fires next, as a step count; kNever if it has already, or never will.
  uint64_t timer_deadline() const;

  bool fp_enabled() const { return (state.mstatus & mstatus::kFs) != 0; }
  void mark_fp_dirty() { state.mstatus |= mstatus::kFs; }

 private:
  void enter(uint64_t cause_bits, uint64_t tval, bool to_supervisor);
  bool may_read_counter(unsigned number) const;
  std::optional<uint64_t> read_numbered_csr(unsigned number) const;
  std::optional<uint64_t> read_pmp(unsigned number) const;
  void write_pmp(unsigned number, uint64_t value);
  void write_mstatus(uint64_t value, uint64_t writable);

  const Timebase& timebase_;
};

}  // namespace recount
