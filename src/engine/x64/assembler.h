#pragma once
// The façade over asmjit: the only header that includes it. One assembler and one buffer, used again for
// every block.

#include <asmjit/x86.h>

#include <span>

#include "base/bytes.h"

namespace recount::x64 {

using Gpr = asmjit::x86::Gp;
using Xmm = asmjit::x86::Xmm;
using Mem = asmjit::x86::Mem;
using Label = asmjit::Label;

class Assembler {
 public:
  Assembler();

  // Starts anew; the code will run at this address.
  void begin(uintptr_t address);
  asmjit::x86::Assembler* operator->() { return &asm_; }
  Label label() { return asm_.newLabel(); }
  size_t offset() const { return asm_.offset(); }
  uint32_t offset_of(const Label& l) const { return static_cast<uint32_t>(code_.labelOffset(l)); }
  // To code outside of the buffer, at most 2 GiB away.
  void call(const void* target) { branch_to({{0xe8}}, target); }
  void jump(const void* target) { branch_to({{0xe9}}, target); }
  // A jump, or jcc, whose 32-bit displacement may be patched later. Returns where that is, from the start.
  uint32_t patchable_jump(const Label& to);
  uint32_t patchable_jump_if(asmjit::x86::CondCode condition, const Label& to);

  // The finished code. Ours was a bug if asmjit reports an error (CHECKed). Valid until begin().
  ByteView finish();

 private:
  void branch_to(std::span<const uint8_t> opcode, const void* target);

  asmjit::CodeHolder code_;
  asmjit::x86::Assembler asm_;
  uintptr_t address_ = 0;
};

}  // namespace recount::x64
