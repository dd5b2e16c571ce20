#include "engine/x64/stubs.h"

namespace recount::x64 {
namespace {

using namespace asmjit::x86;

constexpr int32_t kXmmBytes = 16 * 16;

void store_pins(Assembler& a, const Layout& l) {
  for (const Pin& p : kPins) a->mov(l.x(p.slot), p.host);
}
void load_pins(Assembler& a, const Layout& l) {
  for (const Pin& p : kPins) a->mov(p.host, l.x(p.slot));
}

class StubEmitter {
 public:
  StubEmitter(Assembler& a, uintptr_t address, const Layout& layout, const SlowPaths& slow)
      : a_(a), address_(address), l_(layout), slow_(slow) {}

  void all(Stubs& s) {
    exit_ = a_.label();
    resume_ = a_.label();
    miss_ = a_.label();
    s.enter = here();
    enter();
    s.load = here();
    slow_call(slow_.load, false);
    s.load_f = here();
    slow_call(slow_.load, true);
    s.store = here();
    slow_call(slow_.store, false);
    s.store_f = here();
    slow_call(slow_.store, true);
    s.step = here();
    slow_call(slow_.step, false);
    s.step_f = here();
    slow_call(slow_.step, true);
    s.exit_link = here();
    leave(ExitReason::kLink);
    s.exit_interpret = here();
    leave(ExitReason::kInterpret);
    s.exit_dead = here();
    leave(ExitReason::kDead);
    a_->bind(resume_);
    resume();
    a_->bind(miss_);
    s.exit_lookup = here();
    a_->mov(l_.word(Word::kAddress), rax);
    leave(ExitReason::kLookup);
    a_->bind(exit_);
    exit();
  }

 private:
  const void* here() const { return reinterpret_cast<const void*>(address_ + a_.offset()); }

  void enter() {
    for (const Gpr& r : {rbx, rbp, r12, r13, r14, r15}) a_->push(r);
    a_->sub(rsp, 8);  // 16-byte aligned from here on
    a_->mov(rax, rdi);
    a_->mov(kStateRegister, l_.base());
    a_->ldmxcsr(l_.word32(Word::kMxcsr));
    a_->mov(kBudgetRegister, l_.word(Word::kBudget));
    load_pins(a_, l_);
    a_->jmp(rax);
  }

  // eax is the reason.
  void exit() {
    store_pins(a_, l_);
    a_->mov(l_.word(Word::kBudget), kBudgetRegister);
    a_->stmxcsr(l_.word32(Word::kMxcsr));
    a_->ldmxcsr(l_.word32(Word::kHostMxcsr));
    a_->add(rsp, 8);
    for (const Gpr& r : {r15, r14, r13, r12, rbp, rbx}) a_->pop(r);
    a_->ret();
  }

  void leave(ExitReason reason) {
    a_->mov(eax, static_cast<uint32_t>(reason));
    a_->jmp(exit_);
  }

  void slow_call(uint32_t (*function)(void*), bool keep_xmm) {
    Label left = a_.label();
    int32_t frame = keep_xmm ? kXmmBytes : 0;
    for (const Gpr& r : {rax, rcx, rdx}) a_->push(r);
    if (keep_xmm) {
      a_->sub(rsp, frame);
      for (uint32_t i = 0; i < 16; ++i) a_->movups(ptr(rsp, static_cast<int32_t>(i) * 16), xmm(i));
    }
    store_pins(a_, l_);
    a_->mov(l_.word(Word::kBudget), kBudgetRegister);
    a_->mov(rdi, reinterpret_cast<uintptr_t>(slow_.owner));
    a_->mov(rax, reinterpret_cast<uintptr_t>(function));
    a_->call(rax);
    a_->test(eax, eax);
    a_->jnz(left);
    load_pins(a_, l_);
    if (keep_xmm) {
      for (uint32_t i = 0; i < 16; ++i) a_->movups(xmm(i), ptr(rsp, static_cast<int32_t>(i) * 16));
      a_->add(rsp, frame);
    }
    for (const Gpr& r : {rdx, rcx, rax}) a_->pop(r);
    a_->ret();
    a_->bind(left);
    a_->add(rsp, frame + 4 * 8);  // the registers, and the way back
    a_->mov(kBudgetRegister, l_.word(Word::kBudget));
    load_pins(a_, l_);
    a_->cmp(eax, static_cast<uint32_t>(ExitReason::kResume));
    a_->je(resume_);
    a_->jmp(exit_);
  }

  void resume() {
    a_->mov(rax, l_.pc());
    emit_lookup(a_, l_, miss_);
  }

  Assembler& a_;
  uintptr_t address_;
  const Layout& l_;
  const SlowPaths& slow_;
  Label exit_, resume_, miss_;
};

}  // namespace

void emit_lookup(Assembler& a, const Layout& l, const Label& miss) {
  constexpr uint32_t kIndexMask = (static_cast<uint32_t>(kJumpCount) - 1) << 1;
  constexpr int kEntryShift = 4;  // the index is already shifted by one
  static_assert(sizeof(JumpEntry) == 2u << kEntryShift);
  a->mov(ecx, eax);
  a->mov(rdx, l.word(Word::kFetchKey));
  a->test(rax, rax);
  a->cmovs(rdx, l.word(Word::kHighFetchKey));
  a->shr(ecx, 12);
  a->xor_(ecx, eax);
  a->and_(ecx, kIndexMask);
  a->shl(ecx, kEntryShift);
  a->add(rcx, l.word(Word::kJumps));
  a->cmp(rax, ptr(rcx, offsetof(JumpEntry, pc)));
  a->jne(miss);
  a->cmp(rdx, ptr(rcx, offsetof(JumpEntry, key)));
  a->jne(miss);
  a->and_(rax, -4096);
  a->mov(l.word(Word::kPageBase), rax);
  a->jmp(ptr(rcx, offsetof(JumpEntry, code)));
}

ByteView emit_stubs(Assembler& a, uintptr_t address, const Layout& layout, const SlowPaths& slow, Stubs& stubs) {
  a.begin(address);
  StubEmitter(a, address, layout, slow).all(stubs);
  return a.finish();
}

}  // namespace recount::x64
