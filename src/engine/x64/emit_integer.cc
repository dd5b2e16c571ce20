// Integer operations.

#include "engine/x64/emitter.h"

#include "base/check.h"

namespace recount::x64 {

using namespace asmjit::x86;
using ir::Opcode;
using ir::Value;

void Emitter::integer_binary(const ir::Inst& i, Value v) {
  switch (i.op) {
    case Opcode::kAdd: return add(i, v);
    case Opcode::kSub: return arithmetic(Inst::kIdSub, i, v, 64, false);
    case Opcode::kAnd: return arithmetic(Inst::kIdAnd, i, v, 64, true);
    case Opcode::kOr: return arithmetic(Inst::kIdOr, i, v, 64, true);
    case Opcode::kXor: return arithmetic(Inst::kIdXor, i, v, 64, true);
    case Opcode::kMul: return arithmetic(Inst::kIdImul, i, v, 64, true);
    case Opcode::kAdd32: return arithmetic(Inst::kIdAdd, i, v, 32, true);
    case Opcode::kSub32: return arithmetic(Inst::kIdSub, i, v, 32, false);
    case Opcode::kMul32: return arithmetic(Inst::kIdImul, i, v, 32, true);
    case Opcode::kShl: return shift(Inst::kIdShl, Inst::kIdShlx, i, v, 64);
    case Opcode::kShr: return shift(Inst::kIdShr, Inst::kIdShrx, i, v, 64);
    case Opcode::kSar: return shift(Inst::kIdSar, Inst::kIdSarx, i, v, 64);
    case Opcode::kShl32: return shift(Inst::kIdShl, Inst::kIdShlx, i, v, 32);
    case Opcode::kShr32: return shift(Inst::kIdShr, Inst::kIdShrx, i, v, 32);
    case Opcode::kSar32: return shift(Inst::kIdSar, Inst::kIdSarx, i, v, 32);
    case Opcode::kRotr: return rotate(i, v, 64);
    case Opcode::kRotr32: return rotate(i, v, 32);
    case Opcode::kLt: return less(CondCode::kL, i, v);
    case Opcode::kLtU: return less(CondCode::kB, i, v);
    case Opcode::kMin: return choose(CondCode::kG, i, v);
    case Opcode::kMinU: return choose(CondCode::kA, i, v);
    case Opcode::kMax: return choose(CondCode::kL, i, v);
    case Opcode::kMaxU: return choose(CondCode::kB, i, v);
    case Opcode::kMulH: return multiply_high(Inst::kIdImul, i, v);
    case Opcode::kMulHU: return multiply_high(Inst::kIdMul, i, v);
    case Opcode::kDiv: return divide(i, v, 64, true, false);
    case Opcode::kDivU: return divide(i, v, 64, false, false);
    case Opcode::kRem: return divide(i, v, 64, true, true);
    case Opcode::kRemU: return divide(i, v, 64, false, true);
    case Opcode::kDiv32: return divide(i, v, 32, true, false);
    case Opcode::kDivU32: return divide(i, v, 32, false, false);
    case Opcode::kRem32: return divide(i, v, 32, true, true);
    case Opcode::kRemU32: return divide(i, v, 32, false, true);
    default: CHECK(!"no such binary operation");
  }
}

namespace {

// Results of 32-bit operations are sign-extended.
void widen(Assembler& a, Gpr r, unsigned bits) {
  if (bits == 32) a->movsxd(r, r.r32());
}
Gpr sized(Gpr r, unsigned bits) { return bits == 32 ? r.r32() : r; }
Mem sized(Mem m, unsigned bits) {
  m.setSize(bits / 8);
  return m;
}

}  // namespace

void Emitter::add(const ir::Inst& i, Value v) {
  // lea leaves both operands as they are.
  if (values_.fits_imm32(i.b)) {
    auto c = static_cast<int32_t>(values_.constant(i.b));
    if (values_.in_memory(i.a) && !values_.used_later(i.a)) {
      Mem m = values_.mem(i.a);
      Gpr to = values_.define(v);
      a_->mov(to, m);
      a_->add(to, c);
      return;
    }
    Gpr from = values_.reg(i.a);
    Gpr to = values_.define_over(v, i.a);
    if (to.id() == from.id()) {
      a_->add(to, c);
    } else {
      a_->lea(to, ptr(from, c));
    }
    return;
  }
  if (values_.in_memory(i.b) && !values_.used_later(i.b)) return arithmetic(Inst::kIdAdd, i, v, 64, true);
  Gpr x = values_.reg(i.a), y = values_.reg(i.b);
  Gpr to = values_.define_over(v, i.a);
  if (to.id() == x.id()) {
    a_->add(to, y);
  } else if (to.id() == y.id()) {
    a_->add(to, x);
  } else {
    a_->lea(to, ptr(x, y));
  }
}

void Emitter::arithmetic(Inst::Id id, const ir::Inst& i, Value v, unsigned bits, bool commutes) {
  Value a = i.a, b = i.b;
  if (commutes && values_.is_constant(a)) std::swap(a, b);
  if (values_.fits_imm32(b)) {
    auto c = static_cast<int32_t>(values_.constant(b));
    if (id == Inst::kIdImul) {
      Gpr from = values_.reg(a);
      Gpr to = values_.define_over(v, a);
      a_->imul(sized(to, bits), sized(from, bits), c);
      return widen(a_, to, bits);
    }
    if (values_.in_memory(a) && !values_.used_later(a)) {
      Mem m = values_.mem(a);
      Gpr to = values_.define(v);
      a_->mov(to, m);
      if (c != 0 || id == Inst::kIdAnd) a_->emit(id, sized(to, bits), c);
      return widen(a_, to, bits);
    }
    Gpr from = values_.reg(a);
    Gpr to = values_.define_over(v, a);
    if (bits == 32 && c == 0) return static_cast<void>(a_->movsxd(to, from.r32()));
    if (to.id() != from.id()) {
      if (id == Inst::kIdAdd && bits == 32) {
        a_->lea(to.r32(), ptr(from, c));
        return widen(a_, to, bits);
      }
      a_->mov(to, from);
    }
    if (id == Inst::kIdXor && c == -1) {
      a_->not_(to);
    } else {
      a_->emit(id, sized(to, bits), c);
    }
    return widen(a_, to, bits);
  }
  Gpr x = values_.reg(a);
  if (values_.in_memory(b) && !values_.used_later(b)) {
    Mem m = values_.mem(b);
    Gpr to = values_.define_over(v, a);
    if (to.id() != x.id()) a_->mov(to, x);
    a_->emit(id, sized(to, bits), sized(m, bits));
    return widen(a_, to, bits);
  }
  Gpr y = values_.reg(b);
  Gpr to = values_.define_over(v, a);
  if (to.id() == x.id()) {
    a_->emit(id, sized(to, bits), sized(y, bits));
  } else if (to.id() != y.id()) {
    a_->mov(to, x);
    a_->emit(id, sized(to, bits), sized(y, bits));
  } else if (commutes) {
    a_->emit(id, sized(to, bits), sized(x, bits));
  } else {
    CHECK(id == Inst::kIdSub);  // x - y where y is
    a_->neg(sized(to, bits));
    a_->add(sized(to, bits), sized(x, bits));
  }
  widen(a_, to, bits);
}

void Emitter::shift(Inst::Id by_imm, Inst::Id by_reg, const ir::Inst& i, Value v, unsigned bits) {
  if (values_.is_constant(i.b)) {
    auto amount = static_cast<uint32_t>(values_.constant(i.b)) & (bits - 1);
    Gpr from = values_.reg(i.a);
    Gpr to = values_.define_over(v, i.a);
    if (to.id() != from.id()) a_->mov(sized(to, bits), sized(from, bits));
    if (amount != 0) a_->emit(by_imm, sized(to, bits), amount);
    return widen(a_, to, bits);
  }
  Gpr from = values_.reg(i.a), amount = values_.reg(i.b);
  Gpr to = values_.define_over(v, i.a);
  a_->emit(by_reg, sized(to, bits), sized(from, bits), sized(amount, bits));
  widen(a_, to, bits);
}

void Emitter::rotate(const ir::Inst& i, Value v, unsigned bits) {
  Gpr from = values_.reg(i.a);
  if (values_.is_constant(i.b)) {
    auto amount = static_cast<uint32_t>(values_.constant(i.b)) & (bits - 1);
    Gpr to = values_.define_over(v, i.a);
    a_->rorx(sized(to, bits), sized(from, bits), amount);
    return widen(a_, to, bits);
  }
  // The amount must be in cl; what is rotated waits in memory meanwhile.
  Gpr amount = values_.reg(i.b);
  a_->mov(l_.word(Word::kValue), from);
  values_.release_all();
  if (amount.id() == rcx.id()) {
    values_.reg(i.b);
  } else {
    values_.claim(rcx);
    a_->mov(rcx, amount);
  }
  Gpr to = values_.define(v);
  a_->mov(to, l_.word(Word::kValue));
  a_->ror(sized(to, bits), cl);
  widen(a_, to, bits);
}

void Emitter::less(CondCode condition, const ir::Inst& i, Value v) {
  compare(i.a, i.b);
  Gpr to = values_.define(v);  // this may move values about, which changes no flags
  a_->set(condition, to.r8());
  a_->movzx(to.r32(), to.r8());
}

void Emitter::choose(CondCode b_if, const ir::Inst& i, Value v) {
  Gpr x = values_.reg(i.a), y = values_.reg(i.b);
  Gpr to = values_.define(v);
  a_->cmp(x, y);
  if (to.id() == y.id()) {
    a_->cmov(negateCond(b_if), to, x);
  } else {
    if (to.id() != x.id()) a_->mov(to, x);
    a_->cmov(b_if, to, y);
  }
}

void Emitter::fix_operands(const ir::Inst& i) {
  a_->mov(l_.word(Word::kAddress), values_.reg(i.a));
  a_->mov(l_.word(Word::kValue), values_.reg(i.b));
  values_.release_all();
  values_.claim(rax);
  values_.claim(rdx);
  a_->mov(rax, l_.word(Word::kAddress));
}

void Emitter::multiply_high(Inst::Id id, const ir::Inst& i, Value v) {
  fix_operands(i);
  Gpr to = values_.define(v);
  a_->emit(id, l_.word(Word::kValue));
  a_->mov(to, rdx);
}

void Emitter::divide(const ir::Inst& i, Value v, unsigned bits, bool is_signed, bool remainder) {
  fix_operands(i);
  Gpr to = values_.define(v);
  Mem divisor = sized(l_.word(Word::kValue), bits);
  Label by_zero = a_.label(), by_minus_one = a_.label(), done = a_.label();
  a_->cmp(divisor, 0);
  a_->je(by_zero);
  if (is_signed) {
    a_->cmp(divisor, -1);
    a_->je(by_minus_one);
    bits == 32 ? a_->cdq() : a_->cqo();
    a_->idiv(divisor);
  } else {
    a_->mov(edx, 0);
    a_->div(divisor);
  }
  a_->bind(done);
  a_->mov(to, remainder ? rdx : rax);
  widen(a_, to, bits);
  // No division traps: by zero gives all ones and the dividend; the overflow, the dividend and zero.
  cold([this, by_zero, by_minus_one, done, is_signed] {
    a_->bind(by_zero);
    a_->mov(rdx, rax);
    a_->mov(rax, -1);
    a_->jmp(done);
    a_->bind(by_minus_one);
    if (!is_signed) return;
    a_->neg(rax);
    a_->mov(edx, 0);
    a_->jmp(done);
  });
}

void Emitter::integer_unary(const ir::Inst& i, Value v) {
  Gpr from = values_.reg(i.a);
  Gpr to = values_.define_over(v, i.a);
  switch (i.op) {
    case Opcode::kSext8: a_->movsx(to, from.r8()); break;
    case Opcode::kSext16: a_->movsx(to, from.r16()); break;
    case Opcode::kSext32: a_->movsxd(to, from.r32()); break;
    case Opcode::kZext16: a_->movzx(to.r32(), from.r16()); break;
    case Opcode::kZext32: a_->mov(to.r32(), from.r32()); break;
    case Opcode::kClz: a_->lzcnt(to, from); break;
    case Opcode::kCtz: a_->tzcnt(to, from); break;
    case Opcode::kCpop: a_->popcnt(to, from); break;
    case Opcode::kClz32: a_->lzcnt(to.r32(), from.r32()); break;
    case Opcode::kCtz32: a_->tzcnt(to.r32(), from.r32()); break;
    case Opcode::kCpop32: a_->popcnt(to.r32(), from.r32()); break;
    case Opcode::kBswap:
      if (to.id() != from.id()) a_->mov(to, from);
      a_->bswap(to);
      break;
    default: CHECK(!"no such unary operation");
  }
}

}  // namespace recount::x64
