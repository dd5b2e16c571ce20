#include "engine/x64/assembler.h"

#include "base/check.h"

namespace recount::x64 {
namespace {

struct Failures final : asmjit::ErrorHandler {
  void handleError(asmjit::Error, const char*, asmjit::BaseEmitter*) override { CHECK(!"asmjit refused an instruction"); }
};
Failures failures;

}  // namespace

Assembler::Assembler() {
  code_.init(asmjit::Environment::host());
  code_.attach(&asm_);
}

void Assembler::begin(uintptr_t address) {
  code_.reset();
  code_.init(asmjit::Environment::host(), address);
  code_.setErrorHandler(&failures);
  code_.attach(&asm_);
  address_ = address;
}

void Assembler::branch_to(std::span<const uint8_t> opcode, const void* target) {
  asm_.embed(opcode.data(), opcode.size());
  auto next = static_cast<int64_t>(address_ + asm_.offset() + 4);
  auto displacement = static_cast<int32_t>(reinterpret_cast<int64_t>(target) - next);
  asm_.embed(&displacement, sizeof displacement);
}

uint32_t Assembler::patchable_jump(const Label& to) {
  asm_.long_().jmp(to);
  return static_cast<uint32_t>(asm_.offset() - 4);
}

uint32_t Assembler::patchable_jump_if(asmjit::x86::CondCode condition, const Label& to) {
  asm_.long_().j(condition, to);
  return static_cast<uint32_t>(asm_.offset() - 4);
}

ByteView Assembler::finish() {
  CHECK(code_.flatten() == asmjit::kErrorOk && code_.resolveUnresolvedLinks() == asmjit::kErrorOk);
  const asmjit::CodeBuffer& buffer = code_.textSection()->buffer();
  return {buffer.data(), buffer.size()};
}

}  // namespace recount::x64
