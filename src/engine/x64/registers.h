#pragma once
// Which host register holds what while translated code runs.
//
//   rbp           the hart's state; everything in memory is reached from here
//   r15           steps that may still be made
//   rbx rsi rdi r8-r13   the guest registers that compilers use most, in all blocks: so a link is a bare jmp
//   rax rcx rdx r14      values of the running block
//   xmm0-xmm15    its floating-point values
//   rsp           the host's stack, 16-byte aligned

#include <array>
#include <cstdint>

#include "engine/x64/assembler.h"

namespace recount::x64 {

inline constexpr Gpr kStateRegister = asmjit::x86::rbp;
inline constexpr Gpr kBudgetRegister = asmjit::x86::r15;


struct Pin {
  unsigned slot;
  Gpr host;
};
// sp, s0, s1, a0 to a5: what compressed instructions can name, and the stack.
inline constexpr std::array<Pin, 9> kPins{{{2, asmjit::x86::rbx},
                                           {8, asmjit::x86::rsi},
                                           {9, asmjit::x86::rdi},
                                           {10, asmjit::x86::r8},
                                           {11, asmjit::x86::r9},
                                           {12, asmjit::x86::r10},
                                           {13, asmjit::x86::r11},
                                           {14, asmjit::x86::r12},
                                           {15, asmjit::x86::r13}}};
inline constexpr std::array<Gpr, 4> kTemps{asmjit::x86::rax, asmjit::x86::rcx, asmjit::x86::rdx, asmjit::x86::r14};

// The pin of a slot, or nullptr.
inline const Gpr* pin_of(unsigned slot) {
  for (const Pin& p : kPins) {
    if (p.slot == slot) return &p.host;
  }
  return nullptr;
}

// Which pin this register is, or nullptr.
inline const Pin* pin_of_host(const Gpr& r) {
  for (const Pin& p : kPins) {
    if (p.host.id() == r.id()) return &p;
  }
  return nullptr;
}

}  // namespace recount::x64
