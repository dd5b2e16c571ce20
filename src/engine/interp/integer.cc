// I, M, Zba, Zbb, Zbs: one handler per format, with the operation as a parameter.
// Unprivileged spec, "RV64I", "M", and "B" chapters.

#include <bit>

#include "engine/interp/micro_op.h"

namespace recount::interp {
namespace {

using U = uint64_t;
using S = int64_t;

U sext32(U v) { return static_cast<U>(static_cast<S>(static_cast<int32_t>(v))); }
U zext32(U v) { return static_cast<uint32_t>(v); }
__extension__ using Wide = __int128;
__extension__ using UWide = unsigned __int128;

template <auto F>
void reg_reg(Context& c, const MicroOp* op) {
  c.x[op->rd] = F(c.x[op->rs1], c.x[op->rs2]);
  return next(c, op);
}
template <auto F>
void reg_imm(Context& c, const MicroOp* op) {
  c.x[op->rd] = F(c.x[op->rs1], static_cast<U>(static_cast<S>(op->imm)));
  return next(c, op);
}
template <auto F>
void reg(Context& c, const MicroOp* op) {
  c.x[op->rd] = F(c.x[op->rs1]);
  return next(c, op);
}
template <auto F>
void branch(Context& c, const MicroOp* op) {
  U taken = c.pc + static_cast<U>(static_cast<S>(op->imm));
  return c.end(op, F(c.x[op->rs1], c.x[op->rs2]) ? taken : c.pc_of(op) + op->length);
}

void lui(Context& c, const MicroOp* op) {
  c.x[op->rd] = static_cast<U>(static_cast<S>(op->imm));
  return next(c, op);
}
void auipc(Context& c, const MicroOp* op) {
  c.x[op->rd] = c.pc_of(op) + static_cast<U>(static_cast<S>(op->imm));
  return next(c, op);
}
void jal(Context& c, const MicroOp* op) {
  c.x[op->rd] = c.pc_of(op) + op->length;
  return c.end(op, c.pc + static_cast<U>(static_cast<S>(op->imm)));
}
void jalr(Context& c, const MicroOp* op) {
  U target = (c.x[op->rs1] + static_cast<U>(static_cast<S>(op->imm))) & ~1ull;
  c.x[op->rd] = c.pc_of(op) + op->length;
  return c.end(op, target);
}
// The machine is coherent and one hart runs at a time: fences order nothing that is not ordered.
void fence(Context& c, const MicroOp* op) { return next(c, op); }

U add(U a, U b) { return a + b; }
U sub(U a, U b) { return a - b; }
U addw(U a, U b) { return sext32(a + b); }
U subw(U a, U b) { return sext32(a - b); }
U sll(U a, U b) { return a << (b & 63); }
U srl(U a, U b) { return a >> (b & 63); }
U sra(U a, U b) { return static_cast<U>(static_cast<S>(a) >> (b & 63)); }
U sllw(U a, U b) { return sext32(a << (b & 31)); }
U srlw(U a, U b) { return sext32(zext32(a) >> (b & 31)); }
U sraw(U a, U b) { return static_cast<U>(static_cast<S>(static_cast<int32_t>(a) >> (b & 31))); }
U slt(U a, U b) { return static_cast<S>(a) < static_cast<S>(b); }
U sltu(U a, U b) { return a < b; }
U and_(U a, U b) { return a & b; }
U or_(U a, U b) { return a | b; }
U xor_(U a, U b) { return a ^ b; }
U andn(U a, U b) { return a & ~b; }
U orn(U a, U b) { return a | ~b; }
U xnor(U a, U b) { return ~(a ^ b); }

U mul(U a, U b) { return a * b; }
U mulw(U a, U b) { return sext32(a * b); }
U mulh(U a, U b) { return static_cast<U>((Wide{static_cast<S>(a)} * Wide{static_cast<S>(b)}) >> 64); }
U mulhu(U a, U b) { return static_cast<U>((UWide{a} * UWide{b}) >> 64); }
U mulhsu(U a, U b) { return static_cast<U>((Wide{static_cast<S>(a)} * static_cast<Wide>(UWide{b})) >> 64); }

// Division by zero and overflow have defined results, no traps. "Division Operations".
template <class T>
U divide(U a, U b) {
  auto n = static_cast<T>(a);
  auto d = static_cast<T>(b);
  if (d == 0) return ~0ull;
  if constexpr (std::is_signed_v<T>) {
    if (n == std::numeric_limits<T>::min() && d == -1) return static_cast<U>(static_cast<S>(n));
  }
  if constexpr (sizeof(T) == 4) return sext32(static_cast<U>(n / d));
  return static_cast<U>(n / d);
}
template <class T>
U remainder(U a, U b) {
  auto n = static_cast<T>(a);
  auto d = static_cast<T>(b);
  if constexpr (std::is_signed_v<T>) {
    if (d == -1) return 0;
  }
  T r = d == 0 ? n : static_cast<T>(n % d);
  if constexpr (sizeof(T) == 4) return sext32(static_cast<U>(r));
  return static_cast<U>(r);
}

template <unsigned N>
U shadd(U a, U b) {
  return (a << N) + b;
}
template <unsigned N>
U shadd_uw(U a, U b) {
  return (zext32(a) << N) + b;
}
U slli_uw(U a, U b) { return zext32(a) << (b & 63); }

U min(U a, U b) { return static_cast<S>(a) < static_cast<S>(b) ? a : b; }
U max(U a, U b) { return static_cast<S>(a) < static_cast<S>(b) ? b : a; }
U minu(U a, U b) { return a < b ? a : b; }
U maxu(U a, U b) { return a < b ? b : a; }
U rol(U a, U b) { return std::rotl(a, static_cast<int>(b & 63)); }
U ror(U a, U b) { return std::rotr(a, static_cast<int>(b & 63)); }
U rolw(U a, U b) { return sext32(std::rotl(static_cast<uint32_t>(a), static_cast<int>(b & 31))); }
U rorw(U a, U b) { return sext32(std::rotr(static_cast<uint32_t>(a), static_cast<int>(b & 31))); }
U clz(U a) { return static_cast<U>(std::countl_zero(a)); }
U ctz(U a) { return static_cast<U>(std::countr_zero(a)); }
U cpop(U a) { return static_cast<U>(std::popcount(a)); }
U clzw(U a) { return static_cast<U>(std::countl_zero(static_cast<uint32_t>(a))); }
U ctzw(U a) { return static_cast<U>(std::countr_zero(static_cast<uint32_t>(a))); }
U cpopw(U a) { return static_cast<U>(std::popcount(static_cast<uint32_t>(a))); }
U sext_b(U a) { return static_cast<U>(static_cast<S>(static_cast<int8_t>(a))); }
U sext_h(U a) { return static_cast<U>(static_cast<S>(static_cast<int16_t>(a))); }
U zext_h(U a) { return static_cast<uint16_t>(a); }
U rev8(U a) { return __builtin_bswap64(a); }
U orc_b(U a) {
  constexpr U kLow = 0x0101010101010101ull;
  a |= a >> 4;
  a |= a >> 2;
  a |= a >> 1;
  return (a & kLow) * 0xff;
}

U bclr(U a, U b) { return a & ~(1ull << (b & 63)); }
U bset(U a, U b) { return a | 1ull << (b & 63); }
U binv(U a, U b) { return a ^ 1ull << (b & 63); }
U bext(U a, U b) { return a >> (b & 63) & 1; }

bool eq(U a, U b) { return a == b; }
bool ne(U a, U b) { return a != b; }
bool lt(U a, U b) { return static_cast<S>(a) < static_cast<S>(b); }
bool ge(U a, U b) { return static_cast<S>(a) >= static_cast<S>(b); }
bool ltu(U a, U b) { return a < b; }
bool geu(U a, U b) { return a >= b; }

void install_base(HandlerTable& t) {
  t[Op::kLui] = lui;
  t[Op::kAuipc] = auipc;
  t[Op::kJal] = jal;
  t[Op::kJalr] = jalr;
  t[Op::kBeq] = branch<eq>;
  t[Op::kBne] = branch<ne>;
  t[Op::kBlt] = branch<lt>;
  t[Op::kBge] = branch<ge>;
  t[Op::kBltu] = branch<ltu>;
  t[Op::kBgeu] = branch<geu>;
  t[Op::kAddi] = reg_imm<add>;
  t[Op::kSlti] = reg_imm<slt>;
  t[Op::kSltiu] = reg_imm<sltu>;
  t[Op::kXori] = reg_imm<xor_>;
  t[Op::kOri] = reg_imm<or_>;
  t[Op::kAndi] = reg_imm<and_>;
  t[Op::kSlli] = reg_imm<sll>;
  t[Op::kSrli] = reg_imm<srl>;
  t[Op::kSrai] = reg_imm<sra>;
  t[Op::kAddiw] = reg_imm<addw>;
  t[Op::kSlliw] = reg_imm<sllw>;
  t[Op::kSrliw] = reg_imm<srlw>;
  t[Op::kSraiw] = reg_imm<sraw>;
  t[Op::kAdd] = reg_reg<add>;
  t[Op::kSub] = reg_reg<sub>;
  t[Op::kSll] = reg_reg<sll>;
  t[Op::kSlt] = reg_reg<slt>;
  t[Op::kSltu] = reg_reg<sltu>;
  t[Op::kXor] = reg_reg<xor_>;
  t[Op::kSrl] = reg_reg<srl>;
  t[Op::kSra] = reg_reg<sra>;
  t[Op::kOr] = reg_reg<or_>;
  t[Op::kAnd] = reg_reg<and_>;
  t[Op::kAddw] = reg_reg<addw>;
  t[Op::kSubw] = reg_reg<subw>;
  t[Op::kSllw] = reg_reg<sllw>;
  t[Op::kSrlw] = reg_reg<srlw>;
  t[Op::kSraw] = reg_reg<sraw>;
  t[Op::kFence] = fence;
}

void install_multiply(HandlerTable& t) {
  t[Op::kMul] = reg_reg<mul>;
  t[Op::kMulh] = reg_reg<mulh>;
  t[Op::kMulhsu] = reg_reg<mulhsu>;
  t[Op::kMulhu] = reg_reg<mulhu>;
  t[Op::kMulw] = reg_reg<mulw>;
  t[Op::kDiv] = reg_reg<divide<int64_t>>;
  t[Op::kDivu] = reg_reg<divide<uint64_t>>;
  t[Op::kRem] = reg_reg<remainder<int64_t>>;
  t[Op::kRemu] = reg_reg<remainder<uint64_t>>;
  t[Op::kDivw] = reg_reg<divide<int32_t>>;
  t[Op::kDivuw] = reg_reg<divide<uint32_t>>;
  t[Op::kRemw] = reg_reg<remainder<int32_t>>;
  t[Op::kRemuw] = reg_reg<remainder<uint32_t>>;
}

void install_bit_manipulation(HandlerTable& t) {
  t[Op::kAddUw] = reg_reg<shadd_uw<0>>;
  t[Op::kSh1add] = reg_reg<shadd<1>>;
  t[Op::kSh2add] = reg_reg<shadd<2>>;
  t[Op::kSh3add] = reg_reg<shadd<3>>;
  t[Op::kSh1addUw] = reg_reg<shadd_uw<1>>;
  t[Op::kSh2addUw] = reg_reg<shadd_uw<2>>;
  t[Op::kSh3addUw] = reg_reg<shadd_uw<3>>;
  t[Op::kSlliUw] = reg_imm<slli_uw>;
  t[Op::kAndn] = reg_reg<andn>;
  t[Op::kOrn] = reg_reg<orn>;
  t[Op::kXnor] = reg_reg<xnor>;
  t[Op::kClz] = reg<clz>;
  t[Op::kCtz] = reg<ctz>;
  t[Op::kCpop] = reg<cpop>;
  t[Op::kClzw] = reg<clzw>;
  t[Op::kCtzw] = reg<ctzw>;
  t[Op::kCpopw] = reg<cpopw>;
  t[Op::kMin] = reg_reg<min>;
  t[Op::kMax] = reg_reg<max>;
  t[Op::kMinu] = reg_reg<minu>;
  t[Op::kMaxu] = reg_reg<maxu>;
  t[Op::kSextB] = reg<sext_b>;
  t[Op::kSextH] = reg<sext_h>;
  t[Op::kZextH] = reg<zext_h>;
  t[Op::kRol] = reg_reg<rol>;
  t[Op::kRor] = reg_reg<ror>;
  t[Op::kRori] = reg_imm<ror>;
  t[Op::kRolw] = reg_reg<rolw>;
  t[Op::kRorw] = reg_reg<rorw>;
  t[Op::kRoriw] = reg_imm<rorw>;
  t[Op::kRev8] = reg<rev8>;
  t[Op::kOrcB] = reg<orc_b>;
  t[Op::kBclr] = reg_reg<bclr>;
  t[Op::kBset] = reg_reg<bset>;
  t[Op::kBinv] = reg_reg<binv>;
  t[Op::kBext] = reg_reg<bext>;
  t[Op::kBclri] = reg_imm<bclr>;
  t[Op::kBseti] = reg_imm<bset>;
  t[Op::kBinvi] = reg_imm<binv>;
  t[Op::kBexti] = reg_imm<bext>;
}

}  // namespace

void install_integer(HandlerTable& t) {
  install_base(t);
  install_multiply(t);
  install_bit_manipulation(t);
}

}  // namespace recount::interp
