// Floating point. The host rounds and raises flags as the guest's frm and fflags want it (MXCSR holds both while
// translated code runs); a result that is a NaN, and what else the two architectures see differently, is done anew
// by the interpreter. What the host did before it came to that never left a flag that the guest's instruction would
// not raise. VEX forms: three operands, and no register keeps an upper half.

#include "base/check.h"
#include "engine/x64/emitter.h"

namespace recount::x64 {

using namespace asmjit::x86;
using ir::IntKind;
using ir::Opcode;
using ir::SignKind;
using ir::Value;

namespace {

// The instruction's form for this width.
Inst::Id of_width(unsigned width, Inst::Id single, Inst::Id wide) { return width == 4 ? single : wide; }

}  // namespace

void Emitter::float_inst(const ir::Inst& i, Value v) {
  switch (kind_of(i)) {
    case ir::Kind::kFGuard: return float_guard(i);
    case ir::Kind::kFGet: return floats_.note_get(i.slot, v);
    case ir::Kind::kFSet: return float_set(i);
    case ir::Kind::kFLoad: return float_load(i, v);
    case ir::Kind::kFStore: return float_store(i);
    case ir::Kind::kFUnary: return float_unary(i, v);
    case ir::Kind::kFBinary: return float_binary(i, v);
    case ir::Kind::kFTernary: return float_fused(i, v);
    case ir::Kind::kFCompare: return float_compare(i, v);
    case ir::Kind::kFToInt: return i.op == Opcode::kFBits ? float_bits(i, v) : float_to_int(i, v);
    case ir::Kind::kFFromInt: return i.op == Opcode::kFOfBits ? float_of_bits(i, v) : float_from_int(i, v);
    default: CHECK(!"no operation of floating point");
  }
}

void Emitter::float_guard(const ir::Inst& i) {
  a_->cmp(l_.word32(Word::kFloatMode), i.detail);
  interpret_if(CondCode::kB, i);
}

Xmm Emitter::float_reg(Value v) {
  if (auto found = floats_.find(v)) return *found;
  const ir::Inst& definer = block_->insts[v];
  unsigned slot = floats_.slot_of(v);
  Xmm to = floats_.define(v);
  definer.width == 4 ? a_->vmovss(to, l_.f_low(slot)) : a_->vmovsd(to, l_.f(slot));
  bool checks = definer.op == Opcode::kFGet && definer.width == 4 && definer.detail == 0;
  if (checks && !floats_.is_boxed(slot)) check_box(slot, to);
  return to;
}

// "NaN Boxing of Narrower Values": anything else counts as the canonical NaN.
void Emitter::check_box(unsigned slot, Xmm value) {
  Label not_boxed = a_.label(), done = a_.label();
  a_->cmp(l_.f_high(slot), -1);
  a_->long_().jne(not_boxed);
  a_->bind(done);
  cold([this, not_boxed, done, value] {
    constexpr int kSignAndFraction = 23, kQuietFraction = 22;
    a_->bind(not_boxed);
    a_->vpcmpeqd(value, value, value);
    a_->vpsrld(value, value, kSignAndFraction);
    a_->vpslld(value, value, kQuietFraction);
    a_->jmp(done);
  });
}

void Emitter::float_set(const ir::Inst& i) {
  Xmm value = float_reg(i.a);
  if (i.width == 8) {
    a_->vmovsd(l_.f(i.slot), value);
  } else {
    a_->vmovss(l_.f_low(i.slot), value);
    if (!floats_.is_boxed(i.slot)) a_->mov(l_.f_high(i.slot), -1);
  }
  floats_.set_slot(i.slot, i.a, i.width);
}

void Emitter::float_load(const ir::Inst& i, Value v) {
  Address address = address_of(i);
  const void* stub = load_stub();
  Xmm to = floats_.define(v);
  Label slow = a_.label(), done = a_.label();
  Mem from = place_of(address, i, false, slow);
  from.setSize(i.width);
  i.width == 4 ? a_->vmovss(to, from) : a_->vmovsd(to, from);
  a_->bind(done);
  cold([this, slow, done, address, to, where = info(i), stub] {
    a_->bind(slow);
    put_address(address);
    a_->mov(l_.word32(Word::kInfo), where);
    a_.call(stub);
    a_->vmovq(to, l_.word(Word::kValue));
    a_->jmp(done);
  });
}

void Emitter::float_store(const ir::Inst& i) {
  Address address = address_of(i);
  Xmm value = float_reg(i.b);
  Label slow = a_.label(), done = a_.label();
  Mem to = place_of(address, i, true, slow);
  to.setSize(i.width);
  i.width == 4 ? a_->vmovss(to, value) : a_->vmovsd(to, value);
  a_->bind(done);
  cold([this, slow, done, address, value, where = info(i), stub = store_stub()] {
    a_->bind(slow);
    put_address(address);
    a_->vmovq(l_.word(Word::kValue), value);
    a_->mov(l_.word32(Word::kInfo), where);
    a_.call(stub);
    a_->jmp(done);
  });
}

void Emitter::interpret(const ir::Inst& i, const Label& from, const Label& done, Xmm result) {
  cold([this, from, done, result, i] {
    a_->bind(from);
    call_step(i, stubs_.step_f);
    i.width == 4 ? a_->vmovss(result, l_.f_low(i.slot)) : a_->vmovsd(result, l_.f(i.slot));
    a_->jmp(done);
  });
}

void Emitter::interpret_nan(const ir::Inst& i, Xmm result) {
  Label nan = a_.label(), done = a_.label();
  a_->emit(of_width(i.width, Inst::kIdVucomiss, Inst::kIdVucomisd), result, result);
  a_->long_().jp(nan);
  a_->bind(done);
  interpret(i, nan, done, result);
}

void Emitter::float_unary(const ir::Inst& i, Value v) {
  Xmm a = float_reg(i.a);
  Xmm to = floats_.define(v);
  switch (i.op) {
    case Opcode::kFSqrt: a_->emit(of_width(i.width, Inst::kIdVsqrtss, Inst::kIdVsqrtsd), to, a, a); break;
    case Opcode::kFWiden: a_->vcvtss2sd(to, a, a); break;
    case Opcode::kFNarrow: a_->vcvtsd2ss(to, a, a); break;
    default: CHECK(!"no such unary operation");
  }
  interpret_nan(i, to);
}

void Emitter::float_binary(const ir::Inst& i, Value v) {
  switch (i.op) {
    case Opcode::kFSign: return float_sign(i, v);
    case Opcode::kFMin: return float_select(i, v, of_width(i.width, Inst::kIdVminss, Inst::kIdVminsd), Inst::kIdVorps);
    case Opcode::kFMax: return float_select(i, v, of_width(i.width, Inst::kIdVmaxss, Inst::kIdVmaxsd), Inst::kIdVandps);
    default: break;
  }
  Xmm a = float_reg(i.a), b = float_reg(i.b);
  Xmm to = floats_.define(v);
  switch (i.op) {
    case Opcode::kFAdd: a_->emit(of_width(i.width, Inst::kIdVaddss, Inst::kIdVaddsd), to, a, b); break;
    case Opcode::kFSub: a_->emit(of_width(i.width, Inst::kIdVsubss, Inst::kIdVsubsd), to, a, b); break;
    case Opcode::kFMul: a_->emit(of_width(i.width, Inst::kIdVmulss, Inst::kIdVmulsd), to, a, b); break;
    case Opcode::kFDiv: a_->emit(of_width(i.width, Inst::kIdVdivss, Inst::kIdVdivsd), to, a, b); break;
    default: CHECK(!"no such binary operation");
  }
  interpret_nan(i, to);
}

// The host gives b for two zeros and for NaNs. Equal operands differ in the sign of a zero at most: the smaller one
// has a sign if any has, the greater if both have.
void Emitter::float_select(const ir::Inst& i, Value v, Inst::Id select, Inst::Id of_equals) {
  Xmm a = float_reg(i.a), b = float_reg(i.b);
  Xmm to = floats_.define(v);
  Label nan = a_.label(), equal = a_.label(), done = a_.label();
  a_->emit(of_width(i.width, Inst::kIdVucomiss, Inst::kIdVucomisd), a, b);
  a_->long_().jp(nan);
  a_->long_().je(equal);
  a_->emit(select, to, a, b);
  a_->bind(done);
  cold([this, equal, done, of_equals, to, a, b] {
    a_->bind(equal);
    a_->emit(of_equals, to, a, b);
    a_->jmp(done);
  });
  interpret(i, nan, done, to);
}

void Emitter::float_sign(const ir::Inst& i, Value v) {
  Xmm a = float_reg(i.a), b = float_reg(i.b);
  Xmm to = floats_.define(v);
  auto kind = static_cast<SignKind>(i.detail);
  if (i.a == i.b && kind == SignKind::kSame) return static_cast<void>(a_->vmovaps(to, a));
  Xmm sign = floats_.scratch();
  unsigned below = i.width * 8u - 1;
  a_->vpcmpeqd(sign, sign, sign);
  a_->emit(of_width(i.width, Inst::kIdVpslld, Inst::kIdVpsllq), sign, sign, below);
  if (i.a == i.b) {
    kind == SignKind::kOpposite ? a_->vxorps(to, a, sign) : a_->vandnps(to, sign, a);
    return;
  }
  switch (kind) {
    case SignKind::kSame: a_->vandps(to, b, sign); break;
    case SignKind::kOpposite: a_->vandnps(to, b, sign); break;
    case SignKind::kXor:
      a_->vandps(to, b, sign);
      a_->vxorps(to, to, a);
      return;
  }
  a_->vandnps(sign, sign, a);
  a_->vorps(to, to, sign);
}

void Emitter::float_fused(const ir::Inst& i, Value v) {
  Xmm a = float_reg(i.a), b = float_reg(i.b), c = float_reg(i.c);
  Xmm to = floats_.define(v);
  a_->vmovaps(to, c);
  bool product = (i.detail & ir::kNegateProduct) != 0, addend = (i.detail & ir::kNegateAddend) != 0;
  Inst::Id id;
  if (product) {
    id = addend ? of_width(i.width, Inst::kIdVfnmsub231ss, Inst::kIdVfnmsub231sd)
                : of_width(i.width, Inst::kIdVfnmadd231ss, Inst::kIdVfnmadd231sd);
  } else {
    id = addend ? of_width(i.width, Inst::kIdVfmsub231ss, Inst::kIdVfmsub231sd)
                : of_width(i.width, Inst::kIdVfmadd231ss, Inst::kIdVfmadd231sd);
  }
  a_->emit(id, to, a, b);
  // 0 × ∞ + a quiet NaN too: only the guest's raises a flag there.
  interpret_nan(i, to);
}

void Emitter::float_compare(const ir::Inst& i, Value v) {
  Xmm a = float_reg(i.a), b = float_reg(i.b);
  Gpr to = values_.define(v);
  if (i.op == Opcode::kFEq) {
    Gpr ordered = values_.scratch();
    a_->emit(of_width(i.width, Inst::kIdVucomiss, Inst::kIdVucomisd), a, b);
    a_->set(CondCode::kE, to.r8());
    a_->set(CondCode::kNP, ordered.r8());
    a_->and_(to.r8(), ordered.r8());
  } else {
    // a < b is asked as b > a, which is false for the unordered.
    a_->emit(of_width(i.width, Inst::kIdVcomiss, Inst::kIdVcomisd), b, a);
    a_->set(i.op == Opcode::kFLt ? CondCode::kA : CondCode::kAE, to.r8());
  }
  a_->movzx(to.r32(), to.r8());
}

void Emitter::float_to_int(const ir::Inst& i, Value v) {
  Xmm a = float_reg(i.a);
  Gpr to = values_.define(v);
  bool toward_zero = (i.detail & ir::kTowardZero) != 0;
  bool wide = static_cast<IntKind>(i.detail & ~ir::kTowardZero) == IntKind::kI64;
  Gpr result = wide ? to : to.r32();
  a_->emit(toward_zero ? of_width(i.width, Inst::kIdVcvttss2si, Inst::kIdVcvttsd2si)
                       : of_width(i.width, Inst::kIdVcvtss2si, Inst::kIdVcvtsd2si),
           result, a);
  Label indefinite = a_.label(), done = a_.label();
  a_->cmp(result, 1);  // the smallest integer stands for what does not fit
  a_->long_().jo(indefinite);
  if (!wide) a_->movsxd(to, result);
  a_->bind(done);
  cold([this, indefinite, done, to, i] {
    a_->bind(indefinite);
    call_step(i, stubs_.step_f);
    a_->mov(to, l_.x(i.slot == 0 ? kDiscardRegister : i.slot));
    a_->jmp(done);
  });
}

void Emitter::float_from_int(const ir::Inst& i, Value v) {
  Gpr from = values_.reg(i.a);
  Xmm to = floats_.define(v);
  auto kind = static_cast<IntKind>(i.detail);
  Label too_large = a_.label(), done = a_.label();
  if (kind == IntKind::kU64) {
    a_->test(from, from);
    a_->long_().js(too_large);
  } else if (kind == IntKind::kU32) {
    Gpr low = values_.scratch();
    a_->mov(low.r32(), from.r32());
    from = low;
  }
  a_->vxorps(to, to, to);  // or it would wait for whoever wrote it last
  a_->emit(of_width(i.width, Inst::kIdVcvtsi2ss, Inst::kIdVcvtsi2sd), to, to, kind == IntKind::kI32 ? from.r32() : from);
  a_->bind(done);
  if (kind == IntKind::kU64) interpret(i, too_large, done, to);
}

void Emitter::float_bits(const ir::Inst& i, Value v) {
  Xmm a = float_reg(i.a);
  Gpr to = values_.define(v);
  if (i.width == 8) {
    a_->vmovq(to, a);
  } else {
    a_->vmovd(to.r32(), a);
    a_->movsxd(to, to.r32());
  }
}

void Emitter::float_of_bits(const ir::Inst& i, Value v) {
  Gpr from = values_.reg(i.a);
  Xmm to = floats_.define(v);
  i.width == 8 ? a_->vmovq(to, from) : a_->vmovd(to, from.r32());
}

}  // namespace recount::x64
