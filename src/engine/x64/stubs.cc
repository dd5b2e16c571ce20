#include "engine/x64/stubs.h"

#include <bit>

#include "engine/x64/fast_lookup.h"

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
    s.probe_load = here();
    probe(Access::kLoad);
    s.probe_store = here();
    probe(Access::kStore);
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
    s.missed = here();
    lookup_by_physical();
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

  // What is found becomes the first entry of the FastTlb's slot, as FastTlbPool::fill() does it.
  void probe(Access access) {
    FastPlace first = fast_place(rsi, access == Access::kStore);
    Label there = a_.label(), missing = a_.label();
    for (const Gpr& r : {rax, rcx, rdx, rsi}) a_->push(r);
    a_->mov(rax, l_.word(Word::kAddress));
    find_entry(a_, l_, rsi, rax);
    a_->test(eax, static_cast<uint32_t>(kPageMask));
    a_->jnz(missing);
    a_->shr(rax, kPageShift);
    a_->or_(rax, l_.data_tag());
    tlb_distance(rcx, rax, rdx);
    a_->cmp(rax, l_.tlb_tag(access, rcx));
    a_->jne(missing);
    a_->mov(rax, l_.tlb_addend(access, rcx));
    a_->mov(l_.word(Word::kValue), rax);
    a_->mov(rcx, first.page);
    a_->cmp(rcx, l_.word(Word::kAddress));
    a_->je(there);
    a_->mov(rdx, first.addend);
    a_->mov(first.page.cloneAdjusted(kSecond), rcx);
    a_->mov(first.addend.cloneAdjusted(kSecond), rdx);
    a_->mov(rcx, l_.word(Word::kAddress));
    a_->mov(first.page, rcx);
    a_->mov(first.addend, rax);
    a_->xor_(eax, eax);  // ZF
    a_->bind(there);
    restore_after_probe();

    a_->bind(missing);
    a_->test(rsp, rsp);  // no ZF
    restore_after_probe();
  }

  // Tlb::slot_of(), in bytes.
  void tlb_distance(const Gpr& to, const Gpr& tag, const Gpr& temporary) {
    a_->mov(temporary, tag);
    a_->shr(temporary, 64 - kTlbContextBits);
    a_->imul(temporary.r32(), temporary.r32(), static_cast<int32_t>(Tlb::kContextSpread));
    a_->mov(to, tag);
    a_->shr(to, Tlb::kIndexBits);
    a_->add(temporary.r32(), to.r32());
    a_->and_(temporary.r32(), static_cast<uint32_t>(Tlb::kWayCount - 1));
    a_->mov(to.r32(), tag.r32());
    a_->and_(to.r32(), (1u << Tlb::kIndexBits) - 1);
    a_->shl(to.r32(), Tlb::kWayBits);
    a_->or_(to.r32(), temporary.r32());
    a_->shl(to.r32(), std::countr_zero(sizeof(TlbEntry)));
  }

  // What the jump cache does not have: rax is the pc, rcx the entry that misses it, rdx its fetch key. Context switches
  // make many such; the code itself is mostly there.
  void lookup_by_physical() {
    Label missing = a_.label();
    for (const Gpr& r : {rsi, rdi}) a_->push(r);
    a_->mov(r14, rdx);
    a_->shl(r14, 64 - kTlbContextBits);
    a_->mov(rsi, rax);
    a_->shr(rsi, kPageShift);
    a_->or_(r14, rsi);
    tlb_distance(rsi, r14, rdi);
    a_->cmp(r14, l_.tlb_tag(Access::kFetch, rsi));
    a_->jne(missing);
    a_->mov(rdi, l_.tlb_addend(Access::kFetch, rsi));
    a_->add(rdi, rax);
    // code_index(): the physical pc is even.
    constexpr auto kIndexMask = static_cast<uint32_t>((kCodeCount - 1) << 1);
    static_assert(sizeof(CodeEntry) == 2u << 3);
    a_->mov(rsi, rdi);
    a_->shr(rsi, kCodeHashShift);
    a_->xor_(esi, edi);
    a_->and_(esi, kIndexMask);
    a_->shl(esi, 3);
    a_->add(rsi, l_.word(Word::kCodes));
    a_->cmp(rdi, ptr(rsi, offsetof(CodeEntry, physical_pc)));
    a_->jne(missing);
    a_->mov(r14, ptr(rsi, offsetof(CodeEntry, code)));
    a_->mov(ptr(rcx, offsetof(JumpEntry, pc)), rax);
    a_->mov(ptr(rcx, offsetof(JumpEntry, key)), rdx);
    a_->mov(ptr(rcx, offsetof(JumpEntry, code)), r14);
    a_->and_(rax, -static_cast<int32_t>(kPageSize));
    a_->mov(l_.word(Word::kPageBase), rax);
    for (const Gpr& r : {rdi, rsi}) a_->pop(r);
    a_->jmp(r14);
    a_->bind(missing);
    for (const Gpr& r : {rdi, rsi}) a_->pop(r);
  }

  // ZF stays.
  void restore_after_probe() {
    for (const Gpr& r : {rsi, rdx, rcx, rax}) a_->pop(r);
    a_->ret();
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
